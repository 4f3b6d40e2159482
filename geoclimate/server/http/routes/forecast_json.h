#pragma once

#include "geoclimate/formats/json.h"
#include "geoclimate/service/forecasts.h"

namespace geoclimate::server::http::routes {

// Members and values of a forecast's JSON (wire contract, section 2), written into an open object
// or array.

// as_of, issued_at, table.
void WriteIssueFields(formats::JsonWriter& json, const forecast::ForecastTable& table);
// site_id, name, latitude, longitude, utc_offset_minutes, data_cutoff is a day's.
void WriteSiteFields(formats::JsonWriter& json, const forecast::SiteForecast& site);
// A day's summary over its pollutants: date, horizon, the overall AQI with its interval, category,
// dominant pollutant, the probability of more than 100, health advice.
void WriteDayFields(formats::JsonWriter& json, const forecast::ForecastTable& table,
                    const forecast::SiteForecast& site, const forecast::DayForecast& day);
// One pollutant of a day, an object.
void WritePollutantForecast(formats::JsonWriter& json, const forecast::ForecastTable& table,
                            const forecast::SiteForecast& site, const forecast::DayForecast& day,
                            const forecast::PollutantForecast& value);

// The same values as CSV: a header line, and a line a site, day and pollutant.
std::string_view ForecastCsvHeader();
void AppendForecastCsv(std::string& out, const forecast::ForecastTable& table,
                       const forecast::SiteForecast& site, const forecast::DayForecast& day,
                       const forecast::PollutantForecast& value);

}  // namespace geoclimate::server::http::routes
