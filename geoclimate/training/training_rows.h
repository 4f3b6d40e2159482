#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/feature_matrix.h"
#include "geoclimate/features/feature_schema.h"

namespace geoclimate::training {

// What a simple method would have forecast for each row; NaN where it has nothing to say.
struct BaselinePredictions {
  std::string name;  // "persistence"
  std::span<const float> values;
};

// Past forecasting tasks of one pollutant and lead time, with their truth: a view, everything in it
// belongs to the caller. Row i is what was known at the end of issue_days[i] at one site,
// targets[i] what was then measured horizon_days later. All spans have features.rows entries.
struct TrainingRows {
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  int horizon_days = 1;
  const features::FeatureSchema& schema;
  const features::FeatureMatrix& features;         // schema.size() columns
  std::span<const base::LocalDay> issue_days;      // ascending
  std::span<const float> targets;                  // EPA units, finite
  std::span<const BaselinePredictions> baselines;  // at least one
  // Columns of the schema from which the forecaster's own baseline is built: the newest value, and
  // the means towards which it may be damped. Present in every row.
  std::string_view last_column;
  std::span<const std::string_view> reference_columns;
  // What a fallback may read, the first columns of `schema`; null: all of them. A fallback has to
  // speak where the columns behind these are not to be had.
  const features::FeatureSchema* fallback_schema = nullptr;

  const features::FeatureSchema& schema_of_fallback() const {
    return fallback_schema == nullptr ? schema : *fallback_schema;
  }
  base::LocalDay valid_day(std::size_t row) const {
    return issue_days[row] + std::chrono::days(horizon_days);
  }

  // kInvalidArgument naming the first thing that does not hold of the above.
  base::Result<void> Validate() const;
};

}  // namespace geoclimate::training
