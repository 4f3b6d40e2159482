#include "geoclimate/server/http/routes/place_json.h"

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/forecast_json.h"
#include "geoclimate/server/http/routes/json_fields.h"

namespace geoclimate::server::http::routes {

void AppendPlaceForecast(std::string& out, const forecast::ForecastTable& table,
                         const forecast::PlaceForecast& place, const ForecastSelection& selection) {
  const forecast::SiteForecast& forecast = place.forecast;
  formats::JsonWriter json(out);
  json.BeginObject();
  json.Key("distance_km").Double(place.nearest_km);
  json.Key("nearest_site_id").String(place.nearest.ToString());
  json.Key("site_id").Null().Key("name").Null();
  CoordinateFields(json, forecast.coordinates);
  json.Key("utc_offset_minutes").Integer(forecast.utc_offset.count());
  WriteIssueFields(json, table);
  json.Key("days").BeginArray();
  for (const forecast::DayForecast& day : forecast.days) {
    if ((selection.horizons >> (day.horizon_days - 1) & 1U) == 0) continue;
    json.BeginObject();
    WriteDayFields(json, table, forecast, day);
    json.Key("pollutants").BeginArray();
    for (const forecast::PollutantForecast& one : day.pollutants) {
      if ((selection.pollutants >> airquality::Index(one.pollutant) & 1U) == 0) continue;
      WritePollutantForecast(json, table, forecast, day, one);
    }
    json.EndArray().EndObject();
  }
  json.EndArray().EndObject();
}

}  // namespace geoclimate::server::http::routes
