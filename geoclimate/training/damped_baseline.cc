#include "geoclimate/training/damped_baseline.h"

#include <algorithm>
#include <limits>
#include <string>

namespace geoclimate::training {
namespace {

struct BaselineColumns {
  const TrainingRows& rows;
  std::size_t last;
  std::size_t reference;

  BaselineColumns(const TrainingRows& all, std::string_view reference_column)
      : rows(all),
        last(static_cast<std::size_t>(all.schema.Find(all.last_column))),
        reference(static_cast<std::size_t>(all.schema.Find(reference_column))) {}

  // What rho multiplies, and what it should come to.
  double Departure(std::size_t row) const {
    return double{rows.features.Row(row)[last]} - double{rows.features.Row(row)[reference]};
  }
  double Target(std::size_t row) const {
    return double{rows.targets[row]} - double{rows.features.Row(row)[reference]};
  }
};

double SquaredError(const TrainingRows& rows, RowRange range, std::string_view reference_column,
                    double rho) {
  const BaselineColumns columns(rows, reference_column);
  double sum = 0;
  for (std::size_t row = range.begin; row < range.end; ++row) {
    const double error = columns.Target(row) - rho * columns.Departure(row);
    sum += error * error;
  }
  return sum;
}

}  // namespace

model::DampedPersistence FitDampedPersistence(const TrainingRows& rows, RowRange range,
                                              std::string_view reference_column) {
  const BaselineColumns columns(rows, reference_column);
  double product = 0;
  double square = 0;
  for (std::size_t row = range.begin; row < range.end; ++row) {
    product += columns.Departure(row) * columns.Target(row);
    square += columns.Departure(row) * columns.Departure(row);
  }
  return {.last_feature = std::string(rows.last_column),
          .reference_feature = std::string(reference_column),
          .rho = square > 0 ? std::clamp(product / square, 0.0, 1.0) : 0.0};
}

std::string_view ChooseReference(const TrainingRows& rows, RowRange fit, RowRange judge) {
  double lowest = std::numeric_limits<double>::infinity();
  std::string_view best = rows.reference_columns.front();
  for (const std::string_view reference : rows.reference_columns) {
    const double rho = FitDampedPersistence(rows, fit, reference).rho;
    const double error = SquaredError(rows, judge, reference, rho);
    if (error < lowest) {
      lowest = error;
      best = reference;
    }
  }
  return best;
}

}  // namespace geoclimate::training
