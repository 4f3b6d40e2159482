#include <cstdint>

#include "geoclimate/base/day.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

constexpr std::int64_t kMostRecords = 10'000;

base::Result<void> AnswerAudit(access::AuditLog& audit, const Request& request,
                               Response& response) {
  constexpr std::int64_t kUsualRecords = 100;
  constexpr std::int64_t kGreatestId = std::int64_t{1} << 62U;
  QueryFields query(request);
  access::AuditQuery asked;
  asked.limit =
      static_cast<std::size_t>(query.Integer("limit", 1, kMostRecords).value_or(kUsualRecords));
  asked.before = query.Integer("before", 1, kGreatestId);
  if (query.AnswerInvalid(response)) return {};
  GC_ASSIGN_OR_RETURN(const auto entries, audit.List(asked));
  formats::JsonWriter json(response.body());
  json.BeginArray();
  for (const access::AuditEntry& entry : entries) {
    json.BeginObject().Key("id").Integer(entry.id);
    json.Key("at").String(base::FormatTimestamp(entry.at));
    json.Key("actor").String(entry.actor).Key("address").String(entry.address);
    json.Key("action").String(entry.action).Key("subject").String(entry.subject);
    json.Key("from").String(entry.from).Key("to").String(entry.to);
    json.Key("reason").String(entry.reason).Key("request_id").String(entry.request_id);
    json.Key("outcome").String(entry.outcome).EndObject();
  }
  json.EndArray();
  return {};
}

}  // namespace

void AddAuditRoute(access::AuditLog& audit, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/admin/audit",
       .scope = Scope::kAdmin,
       .listener = Listener::kManagement,
       .execution = Execution::kDatabase,
       .summary = "Who changed what, the newest first: each change as it started and as it ended",
       .tag = "Model management",
       .parameters = {{.name = "limit",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"integer","minimum":1,"maximum":10000,"default":100})",
                       .description = "At most so many"},
                      {.name = "before",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"integer","minimum":1})",
                       .description = "Only older ones than that of this id: the next page"}},
       .responses = {{200, "The records", "application/json", R"({
         "type": "array", "items": {"type": "object", "properties": {
           "id": {"type": "integer"}, "at": {"type": "string", "format": "date-time"},
           "actor": {"type": "string"}, "address": {"type": "string"},
           "action": {"type": "string"}, "subject": {"type": "string"},
           "from": {"type": "string"}, "to": {"type": "string"}, "reason": {"type": "string"},
           "request_id": {"type": "string"},
           "outcome": {"type": "string", "description": "started, done, or the code of an error"}}}})"}},
       .handler = [&audit](const Request& request, Response& response) {
         return AnswerAudit(audit, request, response);
       }});
}

}  // namespace geoclimate::server::http::routes
