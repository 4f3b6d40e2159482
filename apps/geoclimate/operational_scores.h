#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>

#include "apps/geoclimate/training_run.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/weather_history.h"
#include "geoclimate/forecast/vintage_history.h"

namespace geoclimate::app {

struct OperationalOptions {
  // Of each evaluate block the last so many issue days; more takes longer in proportion, since a
  // history is made for each day.
  std::chrono::days longest{365};
  // For forecasters that were trained with weather: what was issued by 15:00 is read. May be null.
  const features::WeatherHistory* weather = nullptr;
  int threads = 1;  // changes no bit of the result
};

// Written while it runs; any thread may read.
struct OperationalProgress {
  std::atomic<std::uint64_t> days{0};
  std::atomic<std::uint64_t> days_done{0};
};

// What trained forecasters are worth with what was available at 15:00 of the issue day
// (forecast::kIssueTime): the judged ones, alone and without online calibration, forecast the last
// days of their evaluate blocks from each day's KnownAt(), and the scores join the archive ones on
// the jobs' cards. They are held against baselines that know the archive, as `geoclimate score`
// holds an operational backtest. A card gets none where nothing of these days could be judged; jobs
// that were not trained, and those of places, are left alone.
//
// kInternal when a judged forecaster cannot be evaluated.
base::Result<void> AddOperationalScores(const forecast::VintageHistory& vintages,
                                        std::span<TrainedJob> jobs,
                                        const OperationalOptions& options,
                                        OperationalProgress& progress);

}  // namespace geoclimate::app
