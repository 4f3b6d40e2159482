#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "geoclimate/backtest/backtest_options.h"
#include "geoclimate/backtest/knowledge.h"
#include "geoclimate/backtest/past_tasks.h"
#include "geoclimate/backtest/pollutant_rows.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/forecast/row_forecast.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/training/fit.h"

namespace geoclimate::backtest {

// The models of one pollutant and lead time that would have been in the registry at each origin,
// had `train --promote` been run on its day: the newest forecaster with members that beat the
// baselines on its later block, and the newest one without members.
//
// Origins are taken apart into runs that share a judgement (FirstOfRuns()). At the first of a run
// it is training::Fit()'s; at each later one the same is fitted again to the rows of then
// (training::Refitted()) and keeps what was found of rounds, trust, calibration and worth. Where
// the judgement refuses the members, what was promoted last stays in production.
//
// What it is made of must outlive it. Thread-safe; what is wanted twice is fitted once.
class PublishedModels {
 public:
  PublishedModels(const Knowledge& knowledge, const PollutantRows& rows, const PastTasks& tasks,
                  const BacktestOptions& options, std::span<const Origin> origins);

  // Of origins[origin]. Production is null where nothing was ever promoted; both are null when the
  // past holds fewer than training::kMinFallbackRows rows. Errors are training::Fit()'s.
  base::Result<forecast::HorizonModels> At(std::size_t origin);
  // Indexes of the first origin of each run, ascending.
  const std::vector<std::size_t>& first_of_runs() const { return first_of_runs_; }

 private:
  using Model = std::shared_ptr<const inference::LoadedModel>;
  // Nothing: the past was too short to be judged.
  using Judgement = std::optional<training::TrainedForecaster>;
  struct Run {
    base::Mutex judging;
    std::optional<base::Result<Judgement>> judged GUARDED_BY(judging);
    base::Mutex promoting;
    std::optional<base::Result<Model>> promoted GUARDED_BY(promoting);
  };

  std::size_t EndOf(std::size_t run) const;
  // The result lives as long as this.
  base::Result<const Judgement*> Judged(std::size_t run);
  // What is in production after the last origin of a run; null: nothing.
  base::Result<Model> Promoted(std::size_t run);
  base::Result<Model> FindPromoted(std::size_t run);
  base::Result<training::TrainedForecaster> FittedAt(std::size_t run, std::size_t origin,
                                                     const training::TrainedForecaster& judged);

  const Knowledge& knowledge_;
  const PollutantRows& rows_;
  const PastTasks& tasks_;
  const BacktestOptions& options_;
  const std::span<const Origin> origins_;
  const std::vector<std::size_t> first_of_runs_;
  std::deque<Run> runs_;
};

// A run begins a year after the last, or when the past has grown by a quarter since. Indexes of the
// first origin of each.
std::vector<std::size_t> FirstOfRuns(std::span<const Origin> origins, const PollutantRows& rows,
                                     const PastTasks& tasks);

}  // namespace geoclimate::backtest
