#pragma once

#include <string_view>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/features/feature_columns.h"

namespace geoclimate::features {

// Where the issue day stands in the week and the year:
//
//   week_sin, week_cos                           one turn a week, 0 on Monday
//   year_sin, year_cos, halfyear_sin, halfyear_cos
//                                                one and two turns a year, 0 on 1 January; not for
//                                                ozone and PM2.5, whose sites are many in few
//                                                years: trees take single dates for seasons
//                                                (docs/adr/0009)
void AddCalendarColumns(ColumnList& columns);
// Whether a column of that name is one of these, of any pollutant.
bool IsCalendarColumn(std::string_view name);
float* WriteCalendarFeatures(airquality::Pollutant pollutant, base::LocalDay day, float* out);

}  // namespace geoclimate::features
