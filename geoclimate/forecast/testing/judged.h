#pragma once

#include <limits>

#include "geoclimate/forecast/judge.h"

namespace geoclimate::forecast::testing {

inline constexpr float kNotGiven = std::numeric_limits<float>::quiet_NaN();

// A PM2.5 forecast of one day ahead that gives mean and median only; every baseline says the same.
inline JudgedForecast Judged(float mean, float observed, float baseline) {
  JudgedForecast judged;
  judged.forecast.site = airquality::SiteId::FromParts(1, 1, 1);
  judged.forecast.issue_day = base::MakeDay(2020, 1, 1);
  judged.forecast.mean = judged.forecast.p50 = mean;
  judged.forecast.p10 = judged.forecast.p90 = judged.forecast.probability_over_100 = kNotGiven;
  judged.observed = observed;
  judged.baselines.fill(baseline);
  return judged;
}

}  // namespace geoclimate::forecast::testing
