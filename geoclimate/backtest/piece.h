#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "geoclimate/backtest/backtest_options.h"
#include "geoclimate/backtest/knowledge.h"
#include "geoclimate/backtest/past_tasks.h"
#include "geoclimate/backtest/pollutant_rows.h"
#include "geoclimate/backtest/segment.h"
#include "geoclimate/base/result.h"
#include "geoclimate/forecast/row_forecast.h"
#include "geoclimate/training/fit.h"

namespace geoclimate::backtest {

// The fits of consecutive origins that share one judgement. At the first of them it is what `train`
// would have published on that day: the forecaster with members if it beat the baselines on its
// later block, and the one without. At each later one the same is fitted again to the rows of then
// (training::Refitted), and keeps what was found of rounds, trust, calibration and worth. A past
// that is too short to be judged is judged again at the next origin.
//
// What it is made of must outlive it. Not thread-safe.
class OriginFits {
 public:
  OriginFits(const Knowledge& knowledge, const PollutantRows& rows, const PastTasks& tasks,
             const BacktestOptions& options)
      : knowledge_(knowledge), rows_(rows), tasks_(tasks), options_(options) {}

  // The next origin. Both models are null when the past holds fewer than training::kMinFallbackRows
  // rows. Errors are training::Fit()'s.
  base::Result<forecast::HorizonModels> At(const Origin& origin);
  // Whether an origin so far was judged.
  bool judged() const { return judged_.has_value(); }

 private:
  base::Result<training::TrainedForecaster> FitOrRefit(const training::TrainingRows& past);

  const Knowledge& knowledge_;
  const PollutantRows& rows_;
  const PastTasks& tasks_;
  const BacktestOptions& options_;
  std::optional<training::TrainedForecaster> judged_;
};

// Takes the origins apart into runs that share a judgement: a new one begins a year after the last,
// or when the past has grown by a quarter since. Indexes of the first of each.
std::vector<std::size_t> FirstOfRuns(std::span<const Origin> origins, const PollutantRows& rows,
                                     const PastTasks& tasks);

// What these models say of the rows of the origin's days.
base::Result<Segment> ForecastDays(const Origin& origin, const PollutantRows& rows,
                                   int horizon_days, const forecast::HorizonModels& models);

// About the most memory that OriginFits::At() takes, in bytes.
std::size_t FitBytes(const PollutantRows& rows, std::size_t tasks);

}  // namespace geoclimate::backtest
