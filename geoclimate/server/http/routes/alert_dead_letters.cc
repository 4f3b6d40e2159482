#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/alert_json.h"
#include "geoclimate/server/http/routes/management.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

constexpr std::int64_t kMostLetters = 1000;
constexpr std::int64_t kUsualLetters = 100;

base::Result<void> ListDeadLetters(service::Alerts& alerts, const Request& request,
                                   Response& response) {
  QueryFields query(request);
  const auto limit =
      static_cast<std::size_t>(query.Integer("limit", 1, kMostLetters).value_or(kUsualLetters));
  if (query.AnswerInvalid(response)) return {};
  GC_ASSIGN_OR_RETURN(const auto letters,
                      alerts.DeadLetters(AlertOwnerOf(request.caller()), limit));
  formats::JsonWriter json(response.body());
  json.BeginObject().Key("dead_letters").BeginArray();
  for (const service::AlertEvent& event : letters) WriteDeadLetter(json, event);
  json.EndArray().EndObject();
  return {};
}

base::Result<void> Redeliver(service::Alerts& alerts, ManagementCall& call) {
  const std::string_view id = call.request.path_parameter("event_id");
  GC_RETURN_IF_ERROR(alerts.Redeliver(AlertOwnerOf(call.request.caller()), id));
  formats::JsonWriter(call.response.body())
      .BeginObject()
      .Key("message")
      .String("the event is on its way again")
      .Key("id")
      .String(id)
      .EndObject();
  return {};
}

}  // namespace

void AddDeadLetterRoutes(service::Alerts& alerts, const Management& management, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/v1/alerts/dead-letters",
       .scope = Scope::kRead,
       .listener = Listener::kPublic,
       .execution = Execution::kDatabase,
       .summary = "Events of the caller's alerts that were given up, the newest first",
       .tag = "Alerts",
       .parameters = {{.name = "limit",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"integer","minimum":1,"maximum":1000,"default":100})",
                       .description = "At most so many"}},
       .responses = {{200, "What was to be told, and why it could not be", "application/json",
                      "DeadLetters"}},
       .handler = [&alerts](const Request& request, Response& response) {
         return ListDeadLetters(alerts, request, response);
       }});
  table.routes.push_back(
      {.method = Method::kPost,
       .path = "/v1/alerts/dead-letters/{event_id}/redeliver",
       .scope = Scope::kPredict,
       .listener = Listener::kPublic,
       .execution = Execution::kDatabase,
       .summary = "Send a dead letter again, with the same id",
       .tag = "Alerts",
       .parameters = {{.name = "event_id",
                       .in = ParameterDoc::In::kPath,
                       .presence = ParameterDoc::Presence::kRequired,
                       .schema = R"({"type":"string"})",
                       .description = "The event"}},
       .responses = {{200, "It is on its way again", "application/json", "AlertChange"},
                     {404, "The caller has no such dead letter", "application/json", "Error"}},
       .handler =
           ManagementHandler(management, "alert.redeliver", "event_id",
                             [&alerts](ManagementCall& call) { return Redeliver(alerts, call); })});
}

}  // namespace geoclimate::server::http::routes
