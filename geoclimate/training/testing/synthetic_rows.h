#pragma once

#include <cmath>
#include <limits>
#include <random>
#include <string_view>
#include <vector>

#include "geoclimate/training/training_rows.h"

namespace geoclimate::training::testing {

struct SyntheticRowsOptions {
  std::uint32_t seed = 1;
  int days = 400;
  int rows_per_day = 5;
  double rho = 0.6;       // of the damped persistence in the truth
  double signal = 3;      // how much the column "signal" adds
  double noise = 1;       // standard deviation of what nothing explains
  double missing = 0.05;  // of the column "signal"
  int horizon_days = 1;
};

// Made-up rows whose truth is known: target = mean30 + rho (last - mean30) + signal * sign(column
// "signal") + noise. The column "chance" says nothing. Keep it as long as its View() is used.
class SyntheticRows {
 public:
  explicit SyntheticRows(const SyntheticRowsOptions& options = {})
      : options_(options),
        schema_({{.name = "last", .unit = "ug/m3"},
                 {.name = "mean30", .unit = "ug/m3"},
                 {.name = "mean_all", .unit = "ug/m3"},
                 {.name = "signal", .unit = ""},
                 {.name = "chance", .unit = ""}}) {
    std::mt19937 random(options.seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    for (int day = 0; day < options.days; ++day) {
      for (int i = 0; i < options.rows_per_day; ++i) {
        const double mean30 = 12 + 2 * normal(random);
        const double last = mean30 + 4 * normal(random);
        const double signal = normal(random);
        const double target = mean30 + options.rho * (last - mean30) +
                              options.signal * (signal > 0 ? 1 : -1) +
                              options.noise * normal(random);
        const bool missing = uniform(random) < options.missing;
        for (const double value :
             {last, mean30, 12.0, missing ? std::numeric_limits<double>::quiet_NaN() : signal,
              normal(random)}) {
          features.values.push_back(static_cast<float>(value));
        }
        issue_days.push_back(base::MakeDay(2019, 1, 1) + std::chrono::days(day));
        targets.push_back(static_cast<float>(target));
        persistence.push_back(static_cast<float>(last));
        mean.push_back(static_cast<float>(mean30));
      }
    }
    features.rows = targets.size();
    features.columns = schema_.size();
  }

  TrainingRows View() {
    baselines_ = {{"persistence", persistence}, {"mean30", mean}};
    return {.pollutant = airquality::Pollutant::kPm25,
            .horizon_days = options_.horizon_days,
            .schema = schema_,
            .features = features,
            .issue_days = issue_days,
            .targets = targets,
            .baselines = baselines_,
            .last_column = "last",
            .reference_columns = kReferences};
  }

  // For a test to change before View().
  features::FeatureMatrix features;
  std::vector<base::LocalDay> issue_days;
  std::vector<float> targets;
  std::vector<float> persistence;
  std::vector<float> mean;

 private:
  static constexpr std::string_view kReferences[] = {"mean30", "mean_all"};
  SyntheticRowsOptions options_;
  features::FeatureSchema schema_;
  std::vector<BaselinePredictions> baselines_;
};

}  // namespace geoclimate::training::testing
