#pragma once

#include <array>
#include <span>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/daily_statistics.h"
#include "geoclimate/features/feature_columns.h"
#include "geoclimate/features/feature_schema.h"
#include "geoclimate/features/site_geometry.h"

namespace geoclimate::features {

// A place is forecast from what the sites around it report: no value of its own is in its row, so
// that the row of a site whose own values are left out stands for any place near other sites.
//
// A site reports a pollutant as long as its newest value is less than so many days old.
inline constexpr int kReportingDays = 7;

// One pollutant at one site at the end of a day, as the places around see it. EPA unit; NaN where
// there is no value, and throughout where the site does not report.
struct ReportedValues {
  float today;
  float yesterday;
  float last;  // the newest value, and its age
  float age_days;
  float mean7;  // over so many days that end with the day
  float mean30;
  float mean_all;  // over everything so far

  bool reports() const { return last == last; }
};
ReportedValues Silent();
// Reads no value after `day`.
ReportedValues ReportedBy(const DailyStatistics& statistics, std::size_t site, base::LocalDay day);

// What all sites report at the end of one day: by pollutant, then by site.
struct NetworkReport {
  base::LocalDay day;
  std::array<std::vector<ReportedValues>, airquality::kPollutantCount> values;
};

// The columns of a place's row, in the pollutant's EPA unit:
//
//   calendar                                 calendar_features.h
//   around_last, around_mean7, around_mean30, around_mean_all
//                                            means of the kInterpolated nearest sites that report,
//                                            within SiteGeometry::kRadiusKm, weighted by
//                                            1 / max(distance, 1 km)^2: plain interpolation
//   around_spread                            standard deviation of their 30-day means
//   around_age                               days, of the newest value among them
//   reporting_last, reporting_mean30, reporting_km
//                                            of the nearest of them
//   reporting150                             how many sites within 150 km report
//   near50 .. northwest                      neighbour_features.h
//   o3_last, o3_mean7 ...                    other pollutants at the nearest site within 25 km that
//                                            reports them
//
// All `around` and `reporting` columns are NaN where no site reports. Where a place lies is not
// among them: trees would take coordinates for names of the sites that they have seen
// (docs/adr/0011).
inline constexpr int kInterpolated = 8;
inline constexpr std::string_view kAroundLastStem = "around_last";
inline constexpr std::string_view kAroundMean7Stem = "around_mean7";
inline constexpr std::string_view kAroundMean30Stem = "around_mean30";
inline constexpr std::string_view kAroundExpandingMeanStem = "around_mean_all";
inline constexpr std::string_view kReportingLastStem = "reporting_last";

// One schema a pollutant, whatever the history.
const FeatureSchema& PlaceSchema(airquality::Pollutant pollutant);

// kInvalidArgument naming both fingerprints when a model with this schema cannot be given rows of
// places.
base::Result<void> CheckPlaceSchema(const FeatureSchema& schema, airquality::Pollutant pollutant);

// Which columns tell how far the nearest site is that reports, and how old the newest value is.
struct PlaceColumns {
  std::size_t reporting_km;
  std::size_t around_age_days;
};
PlaceColumns PlaceColumnsOf(airquality::Pollutant pollutant);

// Writes PlaceSchema(pollutant).size() floats: the row of the place that has these neighbours,
// sites of `report`, nearest first. Who is not among them is not seen.
void WritePlaceRow(airquality::Pollutant pollutant, std::span<const Neighbour> neighbours,
                   const NetworkReport& report, std::span<float> row);

}  // namespace geoclimate::features
