#include "geoclimate/server/http/routes/alert_json.h"

#include "geoclimate/base/day.h"
#include "geoclimate/server/http/routes/json_fields.h"

namespace geoclimate::server::http::routes {

service::AlertOwner AlertOwnerOf(const access::Caller& caller) {
  using Kind = access::Caller::Kind;
  using Sees = service::AlertOwner::Sees;
  service::AlertOwner owner{.name = "local", .sees = Sees::kOwn};
  if (caller.kind == Kind::kKey) owner.name = "key " + caller.activity->name();
  if (caller.kind == Kind::kToken) owner.name = "token " + caller.activity->id();
  if (caller.scopes.Allows(access::Scope::kAdmin)) owner.sees = Sees::kAll;
  return owner;
}

void WriteAlert(formats::JsonWriter& json, const service::Alert& alert) {
  json.Key("id").String(alert.id).Key("owner").String(alert.owner);
  TimestampField(json, "created_at", alert.created_at);
  alerts::WriteAlertRule(json, alert.rule);
  json.Key("state").BeginObject().Key("phase").String(alerts::PhaseName(alert.state.phase));
  json.Key("last_event_at");
  if (alert.state.last_event_at) {
    json.String(base::FormatTimestamp(*alert.state.last_event_at));
  } else {
    json.Null();
  }
  json.EndObject();
}

void WriteDeadLetter(formats::JsonWriter& json, const service::AlertEvent& event) {
  json.BeginObject().Key("id").String(event.id).Key("alert_id").String(event.alert);
  TimestampField(json, "created_at", event.created_at);
  TimestampField(json, "ended_at", event.ended_at.value_or(event.created_at));
  json.Key("attempts").Integer(event.attempts).Key("error").String(event.error);
  json.Key("event").Raw(event.body).EndObject();
}

}  // namespace geoclimate::server::http::routes
