#pragma once

#include <span>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/site_history.h"

namespace geoclimate::forecast {

// Forecasting tasks of the past with what came of them: what models are trained and judged on.
struct PastRows {
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  int horizon_days = 1;
  std::vector<features::RowKey> keys;  // ordered by (issue_day, site)
  std::vector<float> targets;          // the value measured horizon_days after the issue day
};

// Origins in [from, to], both included.
struct OriginWindow {
  base::LocalDay from;
  base::LocalDay to;
};

// Every site and day of `origins` at which the site had a value in the last kRecent days, and one
// horizon_days later. Exactly the rows that Issue() would have forecast with a model on these days
// and that were measured.
PastRows FindPastRows(const features::SiteHistory& history, airquality::Pollutant pollutant,
                      int horizon_days, OriginWindow origins);

// From where a pollutant's past still says something about its present: gases from 2000 on, since
// SO2 and CO had many times today's levels before; particles always.
base::LocalDay FirstTrainingDay(airquality::Pollutant pollutant);

}  // namespace geoclimate::forecast
