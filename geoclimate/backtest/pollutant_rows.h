#pragma once

#include <span>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/backtest/backtest_options.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/feature_matrix.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/forecast/baselines.h"
#include "geoclimate/forecast/issue_rows.h"
#include "geoclimate/training/training_rows.h"

namespace geoclimate::backtest {

// Every row of one pollutant that a backtest is fitted on or forecasts, built once for all origins
// and lead times: a row of issue day T depends on nothing after T.
struct PollutantRows {
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  forecast::IssueKeys keys;
  features::FeatureMatrix features;  // one a key

  // The rows issued on days [first, last].
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t size() const { return end - begin; }
  };
  Range IssuedBetween(base::LocalDay first, base::LocalDay last) const;
  std::span<const float> Features(Range range) const;
};

// Rows issued before options.from are there only when a lead time of the options has a truth for
// them.
PollutantRows BuildPollutantRows(const features::SiteHistory& history,
                                 const features::FeatureBuilder& builder,
                                 airquality::Pollutant pollutant, const BacktestOptions& options);

// The rows of one lead time that were measured, with their truth: what fits are made of.
struct PastTasks {
  int horizon_days = 1;
  std::vector<std::size_t> rows;  // indexes into PollutantRows, ascending
  std::vector<float> targets;
  forecast::BaselineColumns baselines;

  // How many of them, the first ones, have a valid day before `origin`.
  std::size_t CountBefore(const PollutantRows& all, base::LocalDay origin) const;
};

PastTasks FindPastTasks(const features::SiteHistory& history, const PollutantRows& rows,
                        int horizon_days);

// The first `count` tasks as a fit wants them. Owns everything; View() is valid as long as it and
// the schema of FeatureBuilder, which is for ever.
class TrainingSet {
 public:
  TrainingSet(const PollutantRows& all, const PastTasks& tasks, std::size_t count);
  TrainingSet(const TrainingSet&) = delete;
  TrainingSet& operator=(const TrainingSet&) = delete;
  training::TrainingRows View() const;

 private:
  airquality::Pollutant pollutant_;
  int horizon_days_;
  features::FeatureMatrix features_;
  std::vector<base::LocalDay> issue_days_;
  std::span<const float> targets_;
  std::vector<training::BaselinePredictions> baselines_;
  std::array<std::string_view, 2> reference_columns_;
};

}  // namespace geoclimate::backtest
