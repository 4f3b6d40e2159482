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

// What the pollutant's other sites say at the end of a day. Means are weighted by 1 / max(distance,
// 1 km); only sites with a value of the day in question count, so that a site that reports later
// changes nothing.
//
//   near50, near150, near400                of the issue day, within so many km
//   near50_lag1, near150_lag1, near400_lag1 of the day before
//   near150_anomaly                         of value - the neighbour's own 30-day mean
//   nearest5_mean, nearest5_max             unweighted, of the five nearest within 400 km
//   nearest5_change                         mean of value - the day before's, of those of the five
//   that have both nearest_km                              distance of the nearest with a value
//   near150_sites                           how many of them within 150 km
//   north, northeast, ... northwest         within 400 km in that direction
void AddNeighbourColumns(ColumnList& columns);

// A site's values as its neighbours see them: of the day, of the day before, and of the day less
// its 30-day mean.
struct NeighbourValues {
  float today;
  float yesterday;
  float anomaly;
};
NeighbourValues ValuesOf(const DailyStatistics& statistics, std::size_t site, base::LocalDay day);

// How a place sees a site.
struct NeighbourLink {
  float distance_km;
  float weight;  // of the site's values in weighted means
  std::uint8_t sector;
};
NeighbourLink LinkTo(const Neighbour& neighbour);

// The columns of a place from what its neighbours, nearest first, say; one entry of `values` a
// link.
float* WriteNeighbourFeatures(std::span<const NeighbourLink> links,
                              std::span<const NeighbourValues> values, float* out);

// For each site its neighbours that ever measured one pollutant, with their weights. Immutable;
// thread-safe.
class NeighbourTable {
 public:
  NeighbourTable(const SiteGeometry& geometry, const DailyStatistics& statistics,
                 std::size_t sites);

  // Indexes of the sites whose values WriteFeatures() wants, in their order.
  std::span<const std::uint32_t> Sites(std::size_t site) const;

  // `values` holds ValuesOf() each of Sites(site).
  float* WriteFeatures(std::size_t site, std::span<const NeighbourValues> values, float* out) const;

 private:
  std::vector<std::size_t> offsets_;
  std::vector<std::uint32_t> sites_;  // nearest first
  std::vector<NeighbourLink> links_;  // beside sites_
};

}  // namespace geoclimate::features
