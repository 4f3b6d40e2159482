#include "geoclimate/service/alert_event.h"

#include "geoclimate/airquality/aqi_category.h"
#include "geoclimate/base/day.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::service {
namespace {

void WriteWhere(formats::JsonWriter& json, const alerts::AlertRule& rule,
                const AlertReading& reading) {
  json.Key("site_id");
  if (reading.site) {
    json.String(reading.site->ToString());
  } else {
    json.Null();
  }
  json.Key("site_name").String(reading.site_name);
  if (!rule.place) return;
  json.Key("latitude").Double(rule.place->latitude);
  json.Key("longitude").Double(rule.place->longitude);
}

void WriteValue(formats::JsonWriter& json, const AlertReading& reading) {
  const airquality::PollutantTraits& traits = airquality::Traits(reading.pollutant);
  json.Key("value").Double(reading.reading.value);
  json.Key("pollutant").String(traits.name).Key("aqi").Integer(reading.aqi);
  json.Key("category").String(airquality::Name(airquality::CategoryOf(reading.aqi)));
  json.Key("concentration");
  if (reading.concentration) {
    json.Double(*reading.concentration);
  } else {
    json.Null();
  }
  json.Key("unit").String(traits.unit_name);
  json.Key("method").String(airquality::MethodName(reading.method));
}

void WriteWhen(formats::JsonWriter& json, const AlertReading& reading) {
  json.Key("valid_from").String(base::FormatTimestamp(reading.valid_from));
  json.Key("valid_to").String(base::FormatTimestamp(reading.valid_to));
  if (!reading.issued_at) return;
  json.Key("issued_at").String(base::FormatTimestamp(*reading.issued_at));
  json.Key("model_id").String(reading.model_id).Key("table").String(reading.table);
}

}  // namespace

std::string RenderAlertEvent(std::string_view event_id, std::string_view alert_id,
                             alerts::EventKind kind, const alerts::AlertRule& rule,
                             const AlertReading& reading, base::Timestamp now) {
  std::string text;
  formats::JsonWriter json(text);
  json.BeginObject().Key("id").String(event_id).Key("type").String(alerts::EventKindName(kind));
  json.Key("timestamp").String(base::FormatTimestamp(now)).Key("data").BeginObject();
  json.Key("alert_id").String(alert_id).Key("alert_name").String(rule.name);
  WriteWhere(json, rule, reading);
  json.Key("source").String(alerts::WatchedName(rule.watched));
  if (rule.watched == alerts::Watched::kForecast) json.Key("horizon").Integer(rule.horizon_days);
  json.Key("measure").String(alerts::MeasureName(rule.measure));
  json.Key("direction").String(alerts::DirectionName(rule.direction));
  json.Key("threshold").Double(rule.threshold);
  WriteValue(json, reading);
  WriteWhen(json, reading);
  json.EndObject().EndObject();
  return text;
}

}  // namespace geoclimate::service
