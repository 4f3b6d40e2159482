#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/geoclimate/training_card.h"
#include "geoclimate/airquality/basis.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/features/weather_history.h"
#include "geoclimate/model/manifest.h"
#include "geoclimate/training/fit.h"

namespace geoclimate::app {

// One forecaster to be fitted.
struct TrainingJob {
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  int horizon_days = 1;
  // From neighbours: of places that have no values of their own (training/cross_site_fit.h).
  airquality::Basis basis = airquality::Basis::kSite;
  friend bool operator==(const TrainingJob&, const TrainingJob&) = default;
};

// "pm25_d1", "pm25_d1_neighbours": what the registry calls it.
std::string ModelName(const TrainingJob& job);

struct TrainedJob {
  TrainingJob job;
  std::uint64_t rows = 0;
  model::TrainingWindow window;  // of the values that rows and targets were made from
  // kFailedPrecondition when there are too few rows.
  base::Result<training::TrainedForecaster> trained = base::Internal("not fitted");
  TrainingCards cards;  // of sites, when it was fitted
};

// Written while it runs; any thread may read.
struct TrainingProgress {
  std::atomic<std::uint64_t> jobs_done{0};
  std::atomic<std::uint64_t> rows{0};  // of all jobs
  // What the time goes by: rows times steps of a fit.
  std::atomic<std::uint64_t> work{0};
  std::atomic<std::uint64_t> work_done{0};
};

// Fits every job on all rows of `history`, `threads` of them side by side, the ones with most rows
// first. The result is in the order of `jobs` and does not depend on `threads`. With `weather` (not
// null) the forecasters read its columns too, and their fallbacks do not.
std::vector<TrainedJob> TrainAll(const features::SiteHistory& history,
                                 std::span<const TrainingJob> jobs,
                                 const training::TrainingOptions& options, int threads,
                                 TrainingProgress& progress,
                                 const features::WeatherHistory* weather = nullptr);

}  // namespace geoclimate::app
