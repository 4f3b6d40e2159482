#pragma once

#include <cstddef>

#include "geoclimate/backtest/backtest_options.h"
#include "geoclimate/backtest/pollutant_rows.h"
#include "geoclimate/backtest/segment.h"
#include "geoclimate/base/result.h"
#include "geoclimate/forecast/row_forecast.h"

namespace geoclimate::backtest {

// What these models say of the rows of the origin's days.
base::Result<Segment> ForecastDays(const Origin& origin, const PollutantRows& rows,
                                   int horizon_days, const forecast::HorizonModels& models);

// About the most memory that one fit takes, in bytes.
std::size_t FitBytes(const PollutantRows& rows, std::size_t tasks);

}  // namespace geoclimate::backtest
