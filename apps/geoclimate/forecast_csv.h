#pragma once

#include <string_view>
#include <vector>

#include "geoclimate/airquality/forecast.h"
#include "geoclimate/base/result.h"
#include "geoclimate/formats/byte_source.h"

namespace geoclimate::app {

// Reads forecasts to be judged, anybody's: CSV with a header, columns in any order, others ignored.
//
//   pollutant, site_id, issued_date     what was forecast, where, and the last day that was known
//   horizon_days, valid_date            at least one of them
//   mean, p10, p50, p90                 in the pollutant's EPA unit; mean or p50 at least
//   p_aqi_over_100                      probability of AQI > 100
//   model_id
//
// A column that is absent and a field that is empty are not given: NaN. The first thing that is
// wrong ends it with kInvalidArgument naming `name`, line, column and value; so does a forecast
// that stands twice, since no rule says which counts.
base::Result<std::vector<airquality::IssuedForecast>> ReadForecasts(formats::ByteSource& bytes,
                                                                    std::string_view name);

}  // namespace geoclimate::app
