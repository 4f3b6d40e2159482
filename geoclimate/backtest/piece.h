#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "geoclimate/backtest/backtest_options.h"
#include "geoclimate/backtest/knowledge.h"
#include "geoclimate/backtest/past_tasks.h"
#include "geoclimate/backtest/pollutant_rows.h"
#include "geoclimate/backtest/segment.h"
#include "geoclimate/base/result.h"
#include "geoclimate/forecast/row_forecast.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/model/forecaster.h"
#include "geoclimate/training/training_options.h"

namespace geoclimate::backtest {

// A fit as a model of the origin's version: "pm25_d1" with `kind` behind it.
base::Result<std::shared_ptr<const inference::LoadedModel>> LoadFitted(
    const Origin& origin, std::string_view kind, model::Forecaster forecaster);

// What `train` would have published on the day of `origin`: the forecaster with members if it beat
// the baselines on its later block, and the one without. Both null when the past holds fewer than
// training::kMinFallbackRows rows. Errors are training::Fit()'s.
base::Result<forecast::HorizonModels> FitAt(const Knowledge& knowledge, const Origin& origin,
                                            const PollutantRows& rows, const PastTasks& tasks,
                                            const training::TrainingOptions& options);

// What these models say of the rows of the origin's days.
base::Result<Segment> ForecastDays(const Origin& origin, const PollutantRows& rows,
                                   int horizon_days, const forecast::HorizonModels& models);

// About the most memory that FitAt() takes, in bytes.
std::size_t FitBytes(const PollutantRows& rows, std::size_t tasks);

}  // namespace geoclimate::backtest
