#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "geoclimate/airquality/forecast.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/forecast/baselines.h"
#include "geoclimate/forecast/past_errors.h"

namespace geoclimate::forecast {

// What was forecast: pollutant, lead time, issue day and site in one number, which orders forecasts
// by these four, in this order. Lead times are 1 to Baselines::kMaxHorizon, years 600 to 3400.
std::uint64_t ForecastKey(const airquality::IssuedForecast& forecast);

// A forecast beside what came and what the simple methods would have said on its issue day.
struct JudgedForecast {
  airquality::IssuedForecast forecast;
  std::uint32_t index = 0;  // of the forecast in what Judge() was given
  float observed = 0;       // the site's daily value of forecast.valid_day()
  BaselineValues baselines{};
  // The CRPS of each baseline as a distribution: its value plus the quantiles of its own past
  // errors. NaN where there were too few of these.
  BaselineValues dressed_crps = NotGiven();

  static constexpr BaselineValues NotGiven() {
    BaselineValues values{};
    values.fill(std::numeric_limits<float>::quiet_NaN());
    return values;
  }
};

// Forecasts with their truth. What could not be judged is counted, not an error.
struct Judgement {
  std::vector<JudgedForecast> judged;
  std::uint64_t unknown_site = 0;
  std::uint64_t unobserved = 0;        // nothing was measured on the valid day (yet)
  std::uint64_t without_baseline = 0;  // the site had no value on or before the issue day
};

struct JudgeOptions {
  // From which of its errors a baseline's distribution is made. The length matters little
  // (docs/scores.md has figures).
  PastErrorOptions past_errors = {};
  int threads = 1;  // changes no bit of the result
};

// Looks up truth and baselines of `forecasts` in `history`, which holds everything that was
// measured, from the beginning: the baselines read nothing after an issue day. Anybody's forecasts
// can be judged: of mean, p10, p50, p90 and probability_over_100 any may be NaN (not given); lead
// times are 1 to Baselines::kMaxHorizon. The one judge of backtests, of files and of what was
// served.
//
// A baseline is dressed with its errors, one set a pollutant, lead time and baseline, at all sites
// for which `forecasts` has a forecast of the pollutant: for an issue day T those of the valid days
// T - window to T - 1, each issued its lead time before at a site with a value in the 7 days that
// ended with its issue day, whether `forecasts` has a forecast for that day or not.
Judgement Judge(const features::SiteHistory& history,
                std::span<const airquality::IssuedForecast> forecasts,
                const JudgeOptions& options = {});

}  // namespace geoclimate::forecast
