#pragma once

#include <cstdint>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::model {

enum class ModelFormat : std::uint8_t { kForecaster, kXgboost, kLightgbm };

// "forecaster", "xgboost", "lightgbm": ModelDescription::model_type.
std::string_view ModelFormatName(ModelFormat format);

// By the first bytes. kInvalidArgument, saying what was expected, when they are of none.
base::Result<ModelFormat> DetectFormat(std::string_view bytes);

}  // namespace geoclimate::model
