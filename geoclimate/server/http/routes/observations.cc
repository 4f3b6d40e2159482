#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/access/audit_log.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/management.h"
#include "geoclimate/server/http/routes/observations_body.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

void RenderReceipt(const service::SubmissionReceipt& receipt, std::string_view row_name,
                   std::string& out) {
  const auto count = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  formats::JsonWriter json(out);
  json.BeginObject().Key("accepted").Integer(count(receipt.accepted));
  json.Key("rejected").Integer(count(receipt.rejected));
  json.Key("observations_new").Integer(count(receipt.stored.observations_new));
  json.Key("observations_replaced").Integer(count(receipt.stored.observations_replaced));
  json.Key("observations_unchanged").Integer(count(receipt.stored.observations_unchanged));
  json.Key("rejects_by_reason").BeginObject();
  for (const auto& [reason, rows] : receipt.rejected_by_reason) {
    json.Key(reason).Integer(count(rows));
  }
  json.EndObject().Key("rejects").BeginArray();
  for (const service::RefusedRow& row : receipt.refused) {
    json.BeginObject().Key(row_name).Integer(count(row.row));
    json.Key("field").String(row.field).Key("reason").String(row.reason);
    json.Key("detail").String(row.detail).EndObject();
  }
  json.EndArray().EndObject();
}

class ObservationsHandler {
 public:
  ObservationsHandler(service::Observations& observations, access::AuditLog* audit)
      : observations_(observations), audit_(audit) {}

  base::Result<void> operator()(const Request& request, Response& response) const {
    if (request.media_type() == "text/csv") {
      return Store(request, "table", "line", response,
                   [&] { return observations_.SubmitTable(request.body()); });
    }
    GC_ASSIGN_OR_RETURN(const std::vector<service::SubmittedRow> rows,
                        ReadObservationsBody(request.body(), request.arena()));
    return Store(request, fmt::format("{} rows", rows.size()), "row", response,
                 [&] { return observations_.Submit(rows); });
  }

 private:
  // Between its two records. The second need not be there before the answer: what was stored, and
  // when, the store itself tells.
  template <typename Submit>
  base::Result<void> Store(const Request& request, std::string subject, std::string_view row_name,
                           Response& response, const Submit& submit) const {
    access::AuditEntry entry = EntryOf(request, "observations.add", std::move(subject));
    if (audit_ != nullptr) GC_RETURN_IF_ERROR(audit_->Start(entry));
    const base::Result<service::SubmissionReceipt> receipt = submit();
    if (receipt.ok()) {
      entry.to =
          fmt::format("{} new, {} replaced, {} unchanged, {} rejected",
                      receipt->stored.observations_new, receipt->stored.observations_replaced,
                      receipt->stored.observations_unchanged, receipt->rejected);
      RenderReceipt(*receipt, row_name, response.body());
    }
    const base::Result<void> result =
        receipt.ok() ? base::Result<void>() : base::Result<void>(receipt.error());
    if (audit_ != nullptr) audit_->EndSoon(std::move(entry), result);
    return result;
  }

  service::Observations& observations_;
  access::AuditLog* audit_;
};

constexpr std::size_t kMostBodyBytes = std::size_t{16} << 20;

}  // namespace

void AddObservationsRoute(service::Observations& observations, access::AuditLog* audit,
                          RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kPost,
       .path = "/v1/observations",
       .scope = Scope::kPredict,
       .listener = Listener::kPublic,
       .execution = Execution::kDatabase,
       .max_body_bytes = kMostBodyBytes,
       .consumes = {"application/json", "text/csv"},
       .summary = "Store new daily observations",
       .tag = "Air quality",
       .request_schema = "ObservationSubmission",
       .responses = {{200, "Durably stored; rows that were not taken are listed with the reason",
                      "application/json", "ObservationReceipt"},
                     {503, "The database cannot take them now: nothing was stored",
                      "application/json", "Error"}},
       .handler = ObservationsHandler(observations, audit)});
  table.schemas.push_back({"ObservationSubmission", R"({
    "type": "object", "required": ["observations"],
    "properties": {"observations": {"type": "array", "items": {
      "type": "object", "required": ["site_id", "date", "value"],
      "properties": {
        "site_id": {"type": "string", "description": "06-037-1103"},
        "date": {"type": "string", "format": "date", "description": "Local standard day"},
        "pollutant": {"type": "string", "description": "Or parameter_code"},
        "parameter_code": {"type": ["integer", "string"]},
        "value": {"type": ["number", "string"]},
        "unit": {"type": "string", "description": "The pollutant's EPA unit by default"},
        "poc": {"type": "integer", "default": 0},
        "source": {"enum": ["final", "provisional", "AQS", "AirNow"], "default": "final"},
        "percent_complete": {"type": "number"},
        "site_name": {"type": "string"}, "county": {"type": "string"},
        "state": {"type": "string"}, "cbsa": {"type": "string"},
        "latitude": {"type": "number"}, "longitude": {"type": "number"}}}}}})"});
  table.schemas.push_back({"ObservationReceipt", R"({
    "type": "object",
    "required": ["accepted", "rejected", "observations_new", "observations_replaced",
                 "observations_unchanged", "rejects_by_reason", "rejects"],
    "properties": {
      "accepted": {"type": "integer"}, "rejected": {"type": "integer"},
      "observations_new": {"type": "integer"}, "observations_replaced": {"type": "integer"},
      "observations_unchanged": {"type": "integer"},
      "rejects_by_reason": {"type": "object", "additionalProperties": {"type": "integer"}},
      "rejects": {"type": "array", "items": {"type": "object", "properties": {
        "row": {"type": "integer"}, "line": {"type": "integer"}, "field": {"type": "string"},
        "reason": {"type": "string"}, "detail": {"type": "string"}}}}}})"});
}

}  // namespace geoclimate::server::http::routes
