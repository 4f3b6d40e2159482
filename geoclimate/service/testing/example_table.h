#pragma once

#include <string>

#include "geoclimate/base/check.h"
#include "geoclimate/forecast/forecast_table.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::service {

// Forecasts of PM2.5 and O3 for the three days after `as_of` at sites 36-001-0000 and up, a degree
// of latitude apart from 40 N 74 W. PM2.5's p50 is 10 + horizon, O3's 0.05; PM2.5 dominates.
inline forecast::TableContent ExampleTable(base::LocalDay as_of, std::uint32_t sites) {
  using airquality::Pollutant;
  forecast::TableContent content{
      .as_of = as_of,
      .issued_at = base::DayStart(as_of + std::chrono::days(1), std::chrono::hours(-6)),
      .aqi_tables = {"epa-2024", "epa-2024", "epa-2015", "epa", "epa", "epa"},
      .model_ids = {"pm25_d1_v1_20210101_000000", "o3_d1_v1_20210101_000000"},
      .sites = {}};
  const auto around = [](float middle, float step) {
    model::Distribution distribution;
    distribution.mean = middle;
    for (std::size_t k = 0; k < distribution.quantiles.size(); ++k) {
      distribution.quantiles[k] = middle + step * (static_cast<float>(k) - 5);
    }
    return distribution;
  };
  for (std::uint32_t i = 0; i < sites; ++i) {
    const airquality::Site place = ExampleSite(i, 40 + i);
    forecast::SiteForecast site{.id = place.id,
                                .name = place.name,
                                .coordinates = place.coordinates,
                                .utc_offset = place.utc_offset,
                                .days = {}};
    for (int horizon = 1; horizon <= forecast::kMaxHorizonDays; ++horizon) {
      forecast::DayForecast day{
          .horizon_days = horizon, .dominant = Pollutant::kPm25, .pollutants = {}};
      day.aqi = 54;
      day.aqi_p10 = 40;
      day.aqi_p90 = 80;
      day.probability_over_100 = 0.25F;
      day.pollutants.push_back({.pollutant = Pollutant::kPm25,
                                .method = airquality::Method::kModel,
                                .model = 0,
                                .last_observed = as_of,
                                .concentration = around(static_cast<float>(10 + horizon), 1),
                                .probability_over_100 = 0.25F,
                                .aqi_p10 = 40,
                                .aqi = 54,
                                .aqi_p90 = 80});
      day.pollutants.push_back({.pollutant = Pollutant::kO3,
                                .method = airquality::Method::kPersistenceFallback,
                                .model = 1,
                                .last_observed = as_of - std::chrono::days(1),
                                .concentration = around(0.05F, 0.001F),
                                .probability_over_100 = 0,
                                .aqi_p10 = 40,
                                .aqi = 46,
                                .aqi_p90 = 50});
      site.days.push_back(std::move(day));
    }
    content.sites.push_back(std::move(site));
  }
  return content;
}

inline void PublishExampleTable(TestPlatform& platform, const forecast::TableContent& content) {
  auto lease = platform.tables->Acquire("test");
  GC_CHECK(lease.ok(), "nobody else holds the lease");
  GC_CHECK(platform.tables->Publish(*lease, content).ok(), "the table can be published");
}

}  // namespace geoclimate::service
