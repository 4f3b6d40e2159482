#pragma once

#include <array>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/forecast/forecast_table.h"
#include "geoclimate/forecast/online_calibration.h"
#include "geoclimate/store/issued_forecast_store.h"

namespace geoclimate::forecast {

// How far back an issue looks. A shift forgets only on days that have rows for it: by then a tenth
// to a fifth is left of what a group with forty rows a day or more has learnt, and hardly anything
// of a site that measures daily, but most of what a level that is seldom forecast, as smoke is, has
// learnt, which is cut off here. Without a bound each issue would read more than the one before.
inline constexpr int kMemoryDays = 1095;

// By pollutant and horizon - 1.
using Calibrations =
    std::array<std::array<OnlineCalibration, kMaxHorizonDays>, airquality::kPollutantCount>;

// What the forecasts that were given out teach an issue at the end of `as_of`: every one from a
// site's own values whose valid day is among the kMemoryDays days to `as_of` and has a value in
// `history`, day by day, as a backtest learns. Worked out anew each time, so an observation that is
// late or is replaced counts as if it had always been there, and the same store and history give
// the same state. A value after `as_of` is not read, nor is a forecast for such a day.
//
// The store's errors.
base::Result<Calibrations> LearnFromIssued(store::IssuedForecastStore& issued,
                                           const features::SiteHistory& history,
                                           base::LocalDay as_of);

}  // namespace geoclimate::forecast
