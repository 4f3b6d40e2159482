#pragma once

#include <memory>
#include <string_view>

#include "geoclimate/backtest/backtest_options.h"
#include "geoclimate/base/result.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/model/forecaster.h"

namespace geoclimate::backtest {

// A fit as a model of the origin's version: "pm25_d1" with `kind` behind it. Errors are
// LoadedModel::FromForecaster()'s.
base::Result<std::shared_ptr<const inference::LoadedModel>> LoadFitted(
    const Origin& origin, std::string_view kind, model::Forecaster forecaster);

}  // namespace geoclimate::backtest
