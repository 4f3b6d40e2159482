#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "geoclimate/base/day.h"
#include "geoclimate/features/daily_statistics.h"
#include "geoclimate/features/feature_columns.h"
#include "geoclimate/features/site_geometry.h"

namespace geoclimate::features {

// How far another pollutant's site may stand, in km.
inline constexpr float kCoPollutantRadiusKm = 25;

// What the site, or the nearest site within kCoPollutantRadiusKm, says of each other pollutant, in
// the order of their enumeration:
//
//   o3_last_ppm     its newest value of the last 7 days
//   o3_mean7_ppm    the mean of these days
//
// The nearest site that has any in these 7 days answers.
void AddCoPollutantColumns(ColumnList& columns);

// The sites that may answer for each site. Immutable; thread-safe.
class CoPollutantTable {
 public:
  using Statistics = std::array<const DailyStatistics*, airquality::kPollutantCount>;

  // `statistics` by pollutant; they must outlive the table.
  CoPollutantTable(const SiteGeometry& geometry, const Statistics& statistics, std::size_t sites);

  float* WriteFeatures(airquality::Pollutant pollutant, std::size_t site, base::LocalDay day,
                       float* out) const;

 private:
  struct Candidates {
    std::vector<std::size_t> offsets;
    std::vector<std::uint32_t> sites;  // nearest first, the site itself before all
  };
  Statistics statistics_;
  std::array<Candidates, airquality::kPollutantCount> candidates_;
};

}  // namespace geoclimate::features
