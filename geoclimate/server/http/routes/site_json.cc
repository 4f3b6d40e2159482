#include "geoclimate/server/http/routes/site_json.h"

#include <fmt/format.h>

#include "geoclimate/server/http/routes/json_fields.h"

namespace geoclimate::server::http::routes {
namespace {

std::string_view SourceName(airquality::Source source) {
  return source == airquality::Source::kFinal ? "final" : "provisional";
}

void WriteCurrentValue(formats::JsonWriter& json, const service::CurrentValue& value,
                       const airquality::Site& site) {
  const airquality::PollutantTraits& traits = airquality::Traits(value.aqi.pollutant);
  const base::Timestamp from =
      value.hour ? *value.hour : base::DayStart(value.day, site.utc_offset);
  const base::Timestamp to =
      value.hour ? *value.hour + std::chrono::hours(1)
                 : base::DayStart(value.day + std::chrono::days(1), site.utc_offset);
  json.BeginObject().Key("pollutant").String(traits.name).Key("unit").String(traits.unit_name);
  DayField(json, "date", value.day);
  ConcentrationField(json, "concentration", value.value);
  json.Key("aqi").Integer(value.aqi.aqi);
  CategoryFields(json, value.aqi.aqi);
  json.Key("source").String(SourceName(value.source));
  json.Key("method").String(airquality::MethodName(value.method));
  if (value.nowcast) {
    json.Key("nowcast_method").String(airquality::NowCastMethodName(*value.nowcast));
  }
  json.Key("model_id").Null().Key("aqi_table").String(value.aqi.table);
  TimestampField(json, "issued_at", value.received_at);
  TimestampField(json, "valid_from", from);
  TimestampField(json, "valid_to", to);
  TimestampField(json, "data_cutoff", to);
  TimestampField(json, "observed_at", to);
  json.EndObject();
}

}  // namespace

void WriteListedSite(formats::JsonWriter& json, const service::ListedSite& listed) {
  const airquality::Site& site = listed.site;
  SiteIdField(json, site.id);
  json.Key("name").String(site.name).Key("county").String(site.county);
  json.Key("state").String(site.state).Key("cbsa").String(site.cbsa);
  CoordinateFields(json, site.coordinates);
  json.Key("utc_offset_minutes").Integer(site.utc_offset.count());
  DayField(json, "first_day", listed.FirstDay());
  DayField(json, "last_day", listed.LastDay());
  json.Key("pollutants").BeginArray();
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    const auto& range = listed.Coverage(pollutant);
    if (!range) continue;
    json.BeginObject().Key("pollutant").String(airquality::Name(pollutant));
    DayField(json, "first_day", range->first);
    DayField(json, "last_day", range->last);
    json.Key("days").Integer(static_cast<std::int64_t>(range->days)).EndObject();
  }
  json.EndArray();
}

void WriteCurrentValues(formats::JsonWriter& json, const service::CurrentValues& current,
                        const airquality::Site& site) {
  DayField(json, "date", current.day);
  if (current.overall) {
    json.Key("aqi").Integer(current.overall->aqi);
    CategoryFields(json, current.overall->aqi);
    json.Key("dominant_pollutant").String(airquality::Name(current.overall->pollutant));
    HealthAdviceField(json, current.overall->pollutant, current.overall->aqi);
  } else {
    json.Key("aqi").Null().Key("category").Null().Key("color").Null();
    json.Key("dominant_pollutant").Null().Key("health_advice").BeginArray().EndArray();
  }
  json.Key("pollutants").BeginArray();
  for (const service::CurrentValue& value : current.values) WriteCurrentValue(json, value, site);
  json.EndArray();
}

base::Result<service::NearbySite> Locate(const service::SiteDirectory& directory,
                                         std::optional<airquality::SiteId> site,
                                         const std::optional<airquality::Coordinates>& place,
                                         double max_distance_km) {
  if (site) {
    const service::ListedSite* found = directory.Find(*site);
    if (found == nullptr) {
      return base::NotFound(fmt::format("there is no site '{}'", site->ToString()));
    }
    return service::NearbySite{found, 0};
  }
  const auto nearest = directory.FindNearest(*place);
  if (!nearest || nearest->distance_km > max_distance_km) {
    return base::NotFound(fmt::format("no site lies within {} km of {}, {}", max_distance_km,
                                      place->latitude, place->longitude));
  }
  return *nearest;
}

}  // namespace geoclimate::server::http::routes
