#pragma once

#include <chrono>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "geoclimate/airquality/weather.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/features/weather_history.h"

namespace geoclimate::features::testing {

// A row of weather forecasts as it is given to the builder, kept so that a test can change it.
struct WeatherRow {
  airquality::WeatherForecast forecast;
  std::vector<float> values;
};

inline WeatherHistory MakeWeather(const std::vector<airquality::WeatherVariable>& variables,
                                  const std::vector<WeatherRow>& rows) {
  WeatherHistory::Builder builder(variables);
  for (const WeatherRow& row : rows) builder.Add(row.forecast, row.values);
  return std::move(builder).Finish();
}

inline std::vector<airquality::WeatherVariable> ChemistryVariables() {
  return {{.name = "pm2_5_ug_m3",
           .unit = "ug/m3",
           .min = 0,
           .max = 1000,
           .daily = airquality::DailyReduction::kMean}};
}

// A model of chemistry that is never wrong: for each site and day what `pollutant` will be there
// one to `horizons` days later, issued `after_day_start` into the day of local standard time.
inline std::vector<WeatherRow> PerfectForecasts(const SiteHistory& history,
                                                airquality::Pollutant pollutant, int horizons,
                                                std::chrono::seconds after_day_start) {
  std::vector<WeatherRow> rows;
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    const airquality::Site& at = history.sites()[site];
    const SiteHistory::Series series = history.Get(pollutant, site);
    for (std::size_t i = 0; i < series.values.size(); ++i) {
      if (std::isnan(series.values[i])) continue;
      const base::LocalDay valid_day = series.first_day + std::chrono::days(i);
      for (int ahead = 1; ahead <= horizons; ++ahead) {
        const base::LocalDay issue_day = valid_day - std::chrono::days(ahead);
        rows.push_back({{.place = at.id,
                         .issued_at = base::DayStart(issue_day, at.utc_offset) + after_day_start,
                         .valid_day = valid_day},
                        {series.values[i]}});
      }
    }
  }
  return rows;
}

// `rows` with everything issued after `known_until` replaced by other values, some of it shifted
// to other days, and with new rows, at new points near `near` too.
inline std::vector<WeatherRow> ReplaceIssuedAfter(std::vector<WeatherRow> rows,
                                                  base::Timestamp known_until,
                                                  const airquality::Coordinates& near) {
  std::mt19937_64 random(7);
  const std::size_t count = rows.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (rows[i].forecast.issued_at <= known_until) continue;
    for (float& value : rows[i].values) value = static_cast<float>(random() % 500);
    if (random() % 3 == 0) rows[i].forecast.valid_day += std::chrono::days(random() % 4);
    if (random() % 2 != 0) continue;
    WeatherRow added = rows[i];
    added.forecast.place = airquality::Coordinates{
        near.latitude + static_cast<double>(random() % 100) * 1e-3, near.longitude};
    rows.push_back(std::move(added));
  }
  return rows;
}

}  // namespace geoclimate::features::testing
