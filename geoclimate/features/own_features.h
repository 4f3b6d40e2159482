#pragma once

#include <string_view>

#include "geoclimate/base/day.h"
#include "geoclimate/features/daily_statistics.h"
#include "geoclimate/features/feature_columns.h"

namespace geoclimate::features {

// What the site's own values of the pollutant say at the end of a day:
//
//   lag0 .. lag7, lag14       the value of so many days before; lag0 is the issue day's
//   last, age_days            the newest value however old, and its age
//   mean3, std3, max3, min3, count3_days, and the same for 7, 14, 30 and 90
//                             over so many days that end with the issue day; std is the sample's,
//                             of two values or more
//   mean_all                  over everything so far
//   season                    over +-15 days around the issue day's date in earlier years
//   change1, trend            lag0 - lag1; mean7 - mean30
inline constexpr std::string_view kLastStem = "last";
inline constexpr std::string_view kMean30Stem = "mean30";
inline constexpr std::string_view kExpandingMeanStem = "mean_all";

void AddOwnColumns(ColumnList& columns);
// Returns the end of what it wrote at `out`, as do the functions of the other groups.
float* WriteOwnFeatures(const DailyStatistics& statistics, std::size_t site, base::LocalDay day,
                        float* out);

}  // namespace geoclimate::features
