#include "geoclimate/training/fallback.h"

#include <fmt/format.h>

#include <vector>

#include "geoclimate/training/conformal.h"
#include "geoclimate/training/damped_baseline.h"
#include "geoclimate/training/time_blocks.h"

namespace geoclimate::training {

base::Result<model::Forecaster> FitFallback(const TrainingRows& rows) {
  GC_RETURN_IF_ERROR(rows.Validate());
  const RowRange all = {0, rows.features.rows};
  if (all.size() < kMinFallbackRows) {
    return base::FailedPrecondition(
        fmt::format("{} rows, fewer than {}", all.size(), kMinFallbackRows));
  }
  model::Forecaster forecaster;
  forecaster.pollutant = rows.pollutant;
  forecaster.horizon_days = rows.horizon_days;
  forecaster.schema = rows.schema_of_fallback();
  forecaster.baseline = FitDampedPersistence(rows, all, ChooseReference(rows, all, all));
  const model::Combiner combiner(forecaster);
  std::vector<double> means;
  std::vector<double> errors;
  for (std::size_t row = 0; row < all.size(); ++row) {
    means.push_back(combiner.Baseline(rows.features.Row(row)));
    errors.push_back(double{rows.targets[row]} - means.back());
  }
  forecaster.calibration = CalibrateLevel(errors, means);
  GC_RETURN_IF_ERROR(forecaster.Validate());
  return forecaster;
}

}  // namespace geoclimate::training
