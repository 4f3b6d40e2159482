#pragma once

#include <chrono>
#include <string>

#include "apps/geoclimate/progress.h"
#include "geoclimate/backtest/backtest.h"

namespace geoclimate::app {

// "12/111 fits, 3 min 20 s left": the time left by the rows that fits have read so far.
ProgressSample SampleBacktest(const backtest::BacktestProgress& progress,
                              std::chrono::duration<double> took);

// What a backtest ends with, for people.
std::string RenderBacktestText(const backtest::BacktestReport& report,
                               std::chrono::duration<double> took);
// The same as one JSON object: {origins, forecasts, seconds, horizons[{pollutant, horizon_days,
// forecasts, observed, by_model, without_model}]}.
std::string RenderBacktestJson(const backtest::BacktestReport& report,
                               std::chrono::duration<double> took);

}  // namespace geoclimate::app
