#include "geoclimate/training/training_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace geoclimate::training {
namespace {

base::Result<void> ValidateColumn(const TrainingRows& rows, std::string_view name) {
  const int column = rows.schema.Find(name);
  if (column < 0) {
    return base::InvalidArgument(fmt::format("the features have no column '{}'", name));
  }
  for (std::size_t row = 0; row < rows.features.rows; ++row) {
    if (!std::isfinite(rows.features.Row(row)[static_cast<std::size_t>(column)])) {
      return base::InvalidArgument(fmt::format("row {}: '{}' has no value", row, name));
    }
  }
  return {};
}

}  // namespace

base::Result<void> TrainingRows::Validate() const {
  if (horizon_days < 1) {
    return base::InvalidArgument(fmt::format("a lead time of {} days", horizon_days));
  }
  if (features.columns != schema.size() ||
      features.values.size() != features.rows * features.columns) {
    return base::InvalidArgument(fmt::format("{} rows of {} features do not fit the schema's {}",
                                             features.rows, features.columns, schema.size()));
  }
  if (issue_days.size() != features.rows || targets.size() != features.rows) {
    return base::InvalidArgument(fmt::format("{} rows, {} issue days, {} targets", features.rows,
                                             issue_days.size(), targets.size()));
  }
  if (!std::ranges::is_sorted(issue_days)) {
    return base::InvalidArgument("the rows are not in the order of their issue days");
  }
  const auto strange = std::ranges::find_if_not(targets, [](float y) { return std::isfinite(y); });
  if (strange != targets.end()) {
    return base::InvalidArgument(
        fmt::format("row {}: the target is not a number", strange - targets.begin()));
  }
  if (baselines.empty()) return base::InvalidArgument("no baseline is given to judge against");
  for (const BaselinePredictions& baseline : baselines) {
    if (baseline.values.size() != features.rows) {
      return base::InvalidArgument(fmt::format("{} rows, {} forecasts of {}", features.rows,
                                               baseline.values.size(), baseline.name));
    }
  }
  if (reference_columns.empty()) return base::InvalidArgument("no reference column is given");
  const std::vector<features::Feature>& first = schema_of_fallback().features();
  const auto same = [](const features::Feature& a, const features::Feature& b) {
    return a.name == b.name && a.unit == b.unit;
  };
  if (first.size() > schema.size() ||
      !std::equal(first.begin(), first.end(), schema.features().begin(), same)) {
    return base::InvalidArgument("the fallback's features are not the first ones of the schema");
  }
  GC_RETURN_IF_ERROR(ValidateColumn(*this, last_column));
  for (const std::string_view reference : reference_columns) {
    GC_RETURN_IF_ERROR(ValidateColumn(*this, reference));
  }
  return {};
}

}  // namespace geoclimate::training
