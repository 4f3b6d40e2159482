#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/check.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/model/forecaster.h"

namespace geoclimate::forecast {

// Damped persistence of PM2.5 (rho 0.5) whose quantile q lies `width` x (q - 0.5) of the mean away
// from it, for tests of issues.
inline std::shared_ptr<const inference::LoadedModel> DampedPersistence(int horizon_days,
                                                                       double width) {
  using features::FeatureBuilder;
  constexpr airquality::Pollutant kPollutant = airquality::Pollutant::kPm25;
  model::Forecaster forecaster;
  forecaster.pollutant = kPollutant;
  forecaster.horizon_days = horizon_days;
  forecaster.schema = FeatureBuilder::Schema(kPollutant);
  forecaster.baseline = {.last_feature = std::string(FeatureBuilder::LastValueName(kPollutant)),
                         .reference_feature = std::string(FeatureBuilder::Mean30Name(kPollutant)),
                         .rho = 0.5};
  for (std::size_t k = 0; k < model::kQuantileLevels.size(); ++k) {
    forecaster.calibration.offsets[k] = width * (model::kQuantileLevels[k] - 0.5);
  }
  forecaster.calibration.spread.floor = 0;
  forecaster.calibration.spread.slope = 1;
  model::ModelDescription description;
  description.model_id = "pm25_damped_persistence";
  auto loaded =
      inference::LoadedModel::FromForecaster(std::move(description), std::move(forecaster));
  GC_CHECK(loaded.ok(), "the example is a model");
  return *loaded;
}

}  // namespace geoclimate::forecast
