#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "geoclimate/airquality/concentration.h"
#include "geoclimate/airquality/pollutant.h"

namespace geoclimate::airquality {

inline constexpr std::size_t kNowCastHours = 12;

// Hourly values of one monitor, newest first, in the pollutant's EPA unit and not truncated;
// nothing where an hour is missing.
using HourlyWindow = std::span<const std::optional<Concentration>, kNowCastHours>;

enum class NowCastMethod {
  kWeighted,        // of PM: the recent hours weigh more, the more so the more the window varies
  kOzoneSurrogate,  // 0.85 * the newest hour + 4.5 ppb: EPA's stand-in for its regression on 14
                    // days
};

struct NowCast {
  Concentration value;  // truncated to the step of the pollutant's AQI; never negative
  NowCastMethod method = NowCastMethod::kWeighted;
};

// "nowcast" or "nowcast (ozone surrogate)".
std::string_view NowCastMethodName(NowCastMethod method);

// PM2.5 and PM10 by EPA's NowCast (nepis P100X0J6, 2013): w = max(min/max, 1/2) over the known
// hours, and the mean of hour i (0 is the newest) weighted by w^i. Nothing when fewer than two of
// the three newest hours are known. A window without a positive value gives 0. The result takes the
// place of the 24-hour mean in the AQI.
std::optional<NowCast> ParticleNowCast(Pollutant pollutant, HourlyWindow hours);

// O3 by EPA's surrogate (github.com/USEPA/O3-Nowcast, 2019-08-01) from the newest known hour of the
// last three; nothing without one. A window of zeros gives 0. The result takes the place of the
// 8-hour mean in the AQI.
std::optional<NowCast> OzoneNowCast(HourlyWindow hours);

// Whichever is the pollutant's; nothing for NO2, SO2 and CO, whose newest hour EPA reports as it
// is.
std::optional<NowCast> ComputeNowCast(Pollutant pollutant, HourlyWindow hours);
bool HasNowCast(Pollutant pollutant);

}  // namespace geoclimate::airquality
