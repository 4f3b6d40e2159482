#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/backtest/backtest_options.h"
#include "geoclimate/backtest/knowledge.h"
#include "geoclimate/backtest/pollutant_rows.h"
#include "geoclimate/base/day.h"
#include "geoclimate/forecast/baselines.h"
#include "geoclimate/training/training_rows.h"

namespace geoclimate::backtest {

// The rows of one lead time whose valid day was measured: what fits are made of.
struct PastTasks {
  int horizon_days = 1;
  std::vector<std::size_t> rows;  // indexes into PollutantRows, ascending
  // What the simple methods said, from what was known then; of places the interpolations.
  forecast::BaselineColumns baselines;

  // How many of them, the first ones, have a valid day before `origin`.
  std::size_t CountBefore(const PollutantRows& all, base::LocalDay origin) const;
};

PastTasks FindPastTasks(const Knowledge& knowledge, const PollutantRows& rows, int horizon_days);

// The tasks that a fit at `origin` may see, as it wants them: those with a valid day before it,
// with the value that was known of that day at the origin; what was not yet known is left out, and
// so are the sites that are held out (HeldOut()). View() is valid as long as it and `all`, whose
// schema it refers to.
class TrainingSet {
 public:
  TrainingSet(const Knowledge& knowledge, const PollutantRows& all, const PastTasks& tasks,
              base::LocalDay origin, double hold_out_share = 0);
  TrainingSet(const TrainingSet&) = delete;
  TrainingSet& operator=(const TrainingSet&) = delete;
  training::TrainingRows View() const;
  // By row.
  std::span<const std::size_t> sites() const { return sites_; }

 private:
  airquality::Pollutant pollutant_;
  airquality::Basis basis_;
  int horizon_days_;
  const features::FeatureSchema& schema_;
  std::string_view last_column_;
  std::vector<std::size_t> sites_;
  features::FeatureMatrix features_;
  std::vector<base::LocalDay> issue_days_;
  std::vector<float> targets_;
  forecast::BaselineColumns baselines_;
  std::vector<training::BaselinePredictions> predictions_;  // views of baselines_
  std::array<std::string_view, 2> reference_columns_;
};

}  // namespace geoclimate::backtest
