#include "geoclimate/server/http/routes/forecast_json.h"

#include <string>

#include <fmt/format.h>

#include "geoclimate/formats/csv.h"
#include "geoclimate/server/http/routes/json_fields.h"

namespace geoclimate::server::http::routes {
namespace {

constexpr std::string_view kSource = "geo-climate";

const std::string& AqiTable(const forecast::ForecastTable& table, airquality::Pollutant pollutant) {
  return table.content().aqi_tables[static_cast<std::size_t>(airquality::Index(pollutant))];
}

// When the newest value that the forecast is made from was complete: the end of its day.
base::Timestamp ObservedAt(const forecast::SiteForecast& site,
                           const forecast::PollutantForecast& value) {
  return base::DayStart(value.last_observed + std::chrono::days(1), site.utc_offset);
}

base::LocalDay Date(const forecast::ForecastTable& table, const forecast::DayForecast& day) {
  return table.content().as_of + std::chrono::days(day.horizon_days);
}

void WriteValidity(formats::JsonWriter& json, const forecast::ForecastTable& table,
                   const forecast::SiteForecast& site, const forecast::DayForecast& day) {
  TimestampField(json, "issued_at", table.content().issued_at);
  TimestampField(json, "valid_from", table.ValidFrom(site, day.horizon_days));
  TimestampField(json, "valid_to", table.ValidTo(site, day.horizon_days));
  TimestampField(json, "data_cutoff", table.DataCutoff(site));
}

const forecast::PollutantForecast& Dominant(const forecast::DayForecast& day) {
  for (const forecast::PollutantForecast& one : day.pollutants) {
    if (one.pollutant == day.dominant) return one;
  }
  return day.pollutants.front();
}

}  // namespace

void WriteIssueFields(formats::JsonWriter& json, const forecast::ForecastTable& table) {
  DayField(json, "as_of", table.content().as_of);
  TimestampField(json, "issued_at", table.content().issued_at);
  json.Key("table").String(table.digest());
}

void WriteSiteFields(formats::JsonWriter& json, const forecast::SiteForecast& site) {
  SiteIdField(json, site.id);
  json.Key("name").String(site.name);
  CoordinateFields(json, site.coordinates);
  json.Key("utc_offset_minutes").Integer(site.utc_offset.count());
}

void WriteDayFields(formats::JsonWriter& json, const forecast::ForecastTable& table,
                    const forecast::SiteForecast& site, const forecast::DayForecast& day) {
  const forecast::PollutantForecast& dominant = Dominant(day);
  DayField(json, "date", Date(table, day));
  json.Key("horizon").Integer(day.horizon_days);
  json.Key("aqi").Integer(day.aqi).Key("aqi_p10").Integer(day.aqi_p10);
  json.Key("aqi_p90").Integer(day.aqi_p90);
  CategoryFields(json, day.aqi);
  json.Key("dominant_pollutant").String(airquality::Name(day.dominant));
  json.Key("probability_aqi_over_100").Float(day.probability_over_100);
  HealthAdviceField(json, day.dominant, day.aqi);
  json.Key("source").String(kSource);
  json.Key("method").String(airquality::MethodName(dominant.method));
  json.Key("basis").String(airquality::BasisName(dominant.basis));
  json.Key("model_id").String(table.content().model_ids[dominant.model]);
  json.Key("aqi_table").String(AqiTable(table, day.dominant));
  WriteValidity(json, table, site, day);
  TimestampField(json, "observed_at", ObservedAt(site, dominant));
}

void WritePollutantForecast(formats::JsonWriter& json, const forecast::ForecastTable& table,
                            const forecast::SiteForecast& site, const forecast::DayForecast& day,
                            const forecast::PollutantForecast& value) {
  const airquality::PollutantTraits& traits = airquality::Traits(value.pollutant);
  json.BeginObject().Key("pollutant").String(traits.name).Key("unit").String(traits.unit_name);
  json.Key("concentration").BeginObject();
  json.Key("mean").Float(value.concentration.mean);
  json.Key("p10").Float(value.concentration.quantiles[model::kP10]);
  json.Key("p50").Float(value.concentration.quantiles[model::kP50]);
  json.Key("p90").Float(value.concentration.quantiles[model::kP90]).EndObject();
  json.Key("aqi").Integer(value.aqi).Key("aqi_p10").Integer(value.aqi_p10);
  json.Key("aqi_p90").Integer(value.aqi_p90);
  CategoryFields(json, value.aqi);
  json.Key("probability_aqi_over_100").Float(value.probability_over_100);
  json.Key("source").String(kSource);
  json.Key("method").String(airquality::MethodName(value.method));
  json.Key("basis").String(airquality::BasisName(value.basis));
  json.Key("model_id").String(table.content().model_ids[value.model]);
  json.Key("aqi_table").String(AqiTable(table, value.pollutant));
  WriteValidity(json, table, site, day);
  TimestampField(json, "observed_at", ObservedAt(site, value));
  json.EndObject();
}

std::string_view ForecastCsvHeader() {
  return "site_id,name,latitude,longitude,date,horizon,pollutant,unit,mean,p10,p50,p90,aqi,aqi_p10,"
         "aqi_p90,category,probability_aqi_over_100,source,method,model_id,aqi_table,issued_at,"
         "valid_from,valid_to,data_cutoff,observed_at,basis\n";
}

void AppendForecastCsv(std::string& out, const forecast::ForecastTable& table,
                       const forecast::SiteForecast& site, const forecast::DayForecast& day,
                       const forecast::PollutantForecast& value) {
  const airquality::PollutantTraits& traits = airquality::Traits(value.pollutant);
  const model::Distribution& concentration = value.concentration;
  const auto put = std::back_inserter(out);
  fmt::format_to(put, "{},", site.id.ToString());
  formats::AppendCsvField(out, site.name);
  if (site.coordinates) {
    fmt::format_to(put, ",{},{}", site.coordinates->latitude, site.coordinates->longitude);
  } else {
    out += ",,";
  }
  fmt::format_to(put, ",{},{},{},{},{},{},{},{},{},{},{},", base::FormatDay(Date(table, day)),
                 day.horizon_days, traits.name, traits.unit_name, concentration.mean,
                 concentration.quantiles[model::kP10], concentration.quantiles[model::kP50],
                 concentration.quantiles[model::kP90], value.aqi, value.aqi_p10, value.aqi_p90);
  formats::AppendCsvField(out, airquality::Name(airquality::CategoryOf(value.aqi)));
  fmt::format_to(put, ",{},{},{},{},{},{},{},{},{},{},{}\n", value.probability_over_100, kSource,
                 airquality::MethodName(value.method), table.content().model_ids[value.model],
                 AqiTable(table, value.pollutant), base::FormatTimestamp(table.content().issued_at),
                 base::FormatTimestamp(table.ValidFrom(site, day.horizon_days)),
                 base::FormatTimestamp(table.ValidTo(site, day.horizon_days)),
                 base::FormatTimestamp(table.DataCutoff(site)),
                 base::FormatTimestamp(ObservedAt(site, value)),
                 airquality::BasisName(value.basis));
}

}  // namespace geoclimate::server::http::routes
