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

// By pollutant and horizon - 1.
using Calibrations =
    std::array<std::array<OnlineCalibration, kMaxHorizonDays>, airquality::kPollutantCount>;

// What the forecasts that were given out teach an issue at the end of `as_of`: every one whose
// valid day is among the OnlineCalibration::kMemoryDays days to `as_of` and has a value in
// `history`, day by day. Worked out anew each time, so an observation that is late or is replaced
// counts as if it had always been there, and the same store and history give the same state.
//
// The store's errors.
base::Result<Calibrations> LearnFromIssued(store::IssuedForecastStore& issued,
                                           const features::SiteHistory& history,
                                           base::LocalDay as_of);

}  // namespace geoclimate::forecast
