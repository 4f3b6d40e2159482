#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "geoclimate/airquality/aqi.h"
#include "geoclimate/airquality/concentration.h"
#include "geoclimate/airquality/nowcast.h"
#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::service {

// Hours that ended longer ago than this before now are not live. AirNow's come half an hour to two
// hours after their end; longer shows old air as the present one.
inline constexpr std::chrono::hours kLiveFor{3};

// What the air of a pollutant at a site is like by its newest hours.
struct LiveValue {
  airquality::Concentration value;
  airquality::AqiValue aqi;  // by the newest table; names the pollutant
  // How a NowCast was made; nothing for NO2 and SO2, whose newest hour is shown as it is.
  std::optional<airquality::NowCastMethod> nowcast;
  base::Timestamp hour;  // the begin of the newest hour
  airquality::Source source = airquality::Source::kProvisional;
  base::Timestamp received_at;  // of the newest hour
};

// From the hours of the last half day that were over at `now`: NowCast of PM2.5, PM10 and O3, the
// newest hour of NO2 and SO2; CO has no index of an hour. Of several monitors the highest index, as
// EPA shows it. A pollutant is left out when its newest hour is older than kLiveFor, or too few of
// its hours are there. Ordered by pollutant. Reads the store, whose errors these are.
base::Result<std::vector<LiveValue>> FindLiveValues(store::ObservationStore& store,
                                                    airquality::SiteId site, base::Timestamp now);

}  // namespace geoclimate::service
