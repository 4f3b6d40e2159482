#pragma once

#include <functional>

#include "geoclimate/airquality/forecast.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/site_merge.h"

namespace geoclimate::store {

// What a whole copy of a database reads beyond what ObservationStore and IssuedForecastStore show.
// Every implementation of these is one of these too.

class SiteVersionSource {
 public:
  virtual ~SiteVersionSource() = default;
  // What each origin says of each site, in any order.
  virtual base::Result<void> VisitSiteVersions(
      const std::function<void(const SiteVersion&)>& visit) = 0;
};

class EveryForecastSource {
 public:
  virtual ~EveryForecastSource() = default;
  // Every forecast that is kept, those too that another model's has replaced, in the order of
  // (valid_day, site, pollutant, horizon_days, issued_at, model_id).
  virtual base::Result<void> VisitEvery(
      const std::function<void(const airquality::IssuedForecast&)>& visit) = 0;
};

}  // namespace geoclimate::store
