#include <chrono>
#include <cstdint>

#include "geoclimate/base/day.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

void Limit(formats::JsonWriter& json, std::string_view name, std::uint64_t value) {
  json.Key(name);
  if (value > 0) {
    json.Integer(static_cast<std::int64_t>(value));
  } else {
    json.Null();
  }
}

base::Result<void> AnswerUsage(const Request& request, Response& response) {
  const access::Caller& caller = request.caller();
  if (caller.activity == nullptr) {
    return base::Error(base::ErrorCode::kUnauthenticated,
                       "usage is counted for those who show a key or a token");
  }
  const access::Activity& activity = *caller.activity;
  const access::Activity::Totals today = activity.today();
  const access::Standing standing = activity.standing();
  const auto midnight = std::chrono::ceil<std::chrono::days>(request.timestamp());
  formats::JsonWriter json(response.body());
  json.BeginObject().Key("caller").String(activity.id()).Key("name").String(activity.name());
  json.Key("scopes").String(caller.scopes.ToString());
  json.Key("today").BeginObject();
  json.Key("requests").Integer(static_cast<std::int64_t>(today.requests));
  json.Key("rows").Integer(static_cast<std::int64_t>(today.rows)).EndObject();
  json.Key("limits").BeginObject();
  Limit(json, "requests_per_minute", activity.requests_per_minute());
  json.Key("remaining_requests");
  if (standing.limited) {
    json.Integer(static_cast<std::int64_t>(standing.remaining));
  } else {
    json.Null();
  }
  Limit(json, "daily_rows", activity.daily_rows());
  json.EndObject();
  json.Key("day_ends_at").String(base::FormatTimestamp(midnight)).EndObject();
  return {};
}

}  // namespace

void AddUsageRoute(RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/usage",
       .scope = Scope::kRead,
       .listener = Listener::kPublic,
       .summary = "What the caller did today (UTC), and its limits",
       .tag = "Service",
       .responses = {{200, "Counts and limits; null: no limit", "application/json", "Usage"},
                     {401, "Nothing was shown that usage is counted for", "application/json",
                      "Error"}},
       .handler = AnswerUsage});
  table.schemas.push_back({"Usage", R"({
    "type": "object", "required": ["caller", "scopes", "today", "limits", "day_ends_at"],
    "properties": {
      "caller": {"type": "string", "description": "The prefix of the key, or the token's subject"},
      "name": {"type": "string"},
      "scopes": {"type": "string"},
      "today": {"type": "object", "required": ["requests", "rows"], "properties": {
        "requests": {"type": "integer"}, "rows": {"type": "integer"}}},
      "limits": {"type": "object", "properties": {
        "requests_per_minute": {"type": ["integer", "null"]},
        "remaining_requests": {"type": ["integer", "null"]},
        "daily_rows": {"type": ["integer", "null"]}}},
      "day_ends_at": {"type": "string", "format": "date-time"}}})"});
}

}  // namespace geoclimate::server::http::routes
