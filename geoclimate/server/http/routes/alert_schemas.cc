#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {

void AddAlertSchemas(RouteTable& table) {
  table.schemas.push_back({"AlertRule", R"({
    "type": "object", "required": ["threshold", "url"],
    "properties": {
      "name": {"type": "string", "maxLength": 200},
      "site_id": {"type": "string", "description": "06-037-1103; or latitude with longitude"},
      "latitude": {"type": "number", "minimum": -90, "maximum": 90},
      "longitude": {"type": "number", "minimum": -180, "maximum": 180},
      "pollutant": {"type": ["string", "null"],
                    "description": "None: the overall AQI, over all pollutants"},
      "measure": {"enum": ["aqi", "concentration"], "default": "aqi"},
      "source": {"enum": ["forecast", "observed"], "default": "forecast",
                 "description": "observed: NowCast, else the newest day"},
      "horizon": {"type": "integer", "minimum": 1, "maximum": 3, "default": 1,
                  "description": "Days ahead, of a forecast"},
      "threshold": {"type": "number", "minimum": -1000000, "maximum": 1000000,
                    "description": "Crossed by a value beyond it"},
      "clear_at": {"type": "number", "minimum": -1000000, "maximum": 1000000,
                   "description": "Where it counts as over; the threshold by default"},
      "direction": {"enum": ["above", "below"], "default": "above"},
      "url": {"type": "string", "format": "uri", "maxLength": 2000,
              "description": "https, at a host with public addresses"},
      "cooldown_minutes": {"type": "integer", "minimum": 0, "maximum": 10080, "default": 60},
      "notify_end": {"type": "boolean", "default": false},
      "quiet_hours": {"type": ["object", "null"], "required": ["from", "to"],
        "additionalProperties": false, "properties": {
          "from": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
          "to": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
          "utc_offset_minutes": {"type": ["integer", "null"], "minimum": -720, "maximum": 840,
            "description": "East of UTC; the local standard time of the place by default"}}}}})"});
  table.schemas.push_back({"Alert", R"({
    "allOf": [{"$ref": "#/components/schemas/AlertRule"}, {
      "type": "object", "required": ["id", "owner", "created_at", "state"], "properties": {
        "id": {"type": "string"}, "owner": {"type": "string"},
        "created_at": {"type": "string", "format": "date-time"},
        "state": {"type": "object", "required": ["phase", "last_event_at"], "properties": {
          "phase": {"enum": ["idle", "waiting", "raised", "ending"]},
          "last_event_at": {"type": ["string", "null"], "format": "date-time"}}}}}]})"});
  table.schemas.push_back({"NewAlert", R"({
    "allOf": [{"$ref": "#/components/schemas/Alert"}, {
      "type": "object", "required": ["secret"], "properties": {
        "secret": {"type": "string",
                   "description": "whsec_...: verifies signatures; not shown again"}}}]})"});
  table.schemas.push_back({"Alerts", R"({
    "type": "object", "required": ["alerts"], "properties": {
      "alerts": {"type": "array", "items": {"$ref": "#/components/schemas/Alert"}}}})"});
  table.schemas.push_back({"AlertChange", R"({
    "type": "object", "required": ["message", "id"],
    "properties": {"message": {"type": "string"}, "id": {"type": "string"}}})"});
  table.schemas.push_back({"DeadLetters", R"({
    "type": "object", "required": ["dead_letters"], "properties": {
      "dead_letters": {"type": "array", "items": {
        "type": "object",
        "required": ["id", "alert_id", "created_at", "ended_at", "attempts", "error", "event"],
        "properties": {
          "id": {"type": "string"}, "alert_id": {"type": "string"},
          "created_at": {"type": "string", "format": "date-time"},
          "ended_at": {"type": "string", "format": "date-time"},
          "attempts": {"type": "integer"}, "error": {"type": "string"},
          "event": {"type": "object", "description": "The body of the webhook"}}}}}})"});
}

}  // namespace geoclimate::server::http::routes
