#pragma once

#include <string>

#include "geoclimate/airquality/method.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"

namespace geoclimate::airquality {

// One forecast as it was given out, kept to be judged once the day has been measured. Values in the
// pollutant's EPA unit. At most one counts a (site, pollutant, issue_day, horizon_days): of
// several, the one issued last.
struct IssuedForecast {
  SiteId site;
  Pollutant pollutant = Pollutant::kPm25;
  base::LocalDay issue_day;  // the last day whose values were known
  int horizon_days = 1;      // 1 to 3; the forecast is for issue_day + horizon_days
  base::Timestamp issued_at;
  Method method = Method::kModel;
  std::string model_id;
  float mean = 0;
  float p10 = 0;
  float p50 = 0;
  float p90 = 0;
  float probability_over_100 = 0;  // of AQI > 100, 0 to 1
  int aqi = 0;                     // of p50

  base::LocalDay valid_day() const { return issue_day + std::chrono::days(horizon_days); }
};

}  // namespace geoclimate::airquality
