#include "geoclimate/features/co_pollutant_features.h"

#include <limits>

namespace geoclimate::features {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
constexpr int kDays = 7;

}  // namespace

void AddCoPollutantColumns(ColumnList& columns) {
  for (const airquality::Pollutant other : airquality::kPollutants) {
    if (other == columns.pollutant()) continue;
    columns.AddConcentration(other, "last");
    columns.AddConcentration(other, "mean7");
  }
}

CoPollutantTable::CoPollutantTable(const SiteGeometry& geometry, const Statistics& statistics,
                                   std::size_t sites)
    : statistics_(statistics) {
  for (std::size_t p = 0; p < candidates_.size(); ++p) {
    Candidates& candidates = candidates_[p];
    const auto add = [&](std::uint32_t site) {
      if (!statistics_[p]->series(site).empty()) candidates.sites.push_back(site);
    };
    candidates.offsets.push_back(0);
    for (std::uint32_t site = 0; site < sites; ++site) {
      add(site);
      for (const Neighbour& neighbour : geometry.Neighbours(site)) {
        if (neighbour.distance_km > kCoPollutantRadiusKm) break;
        add(neighbour.site);
      }
      candidates.offsets.push_back(candidates.sites.size());
    }
  }
}

float* CoPollutantTable::WriteFeatures(airquality::Pollutant pollutant, std::size_t site,
                                       base::LocalDay day, float* out) const {
  for (const airquality::Pollutant other : airquality::kPollutants) {
    if (other == pollutant) continue;
    const auto p = static_cast<std::size_t>(other);
    const Candidates& candidates = candidates_[p];
    float last = kMissing;
    float mean = kMissing;
    for (std::size_t i = candidates.offsets[site]; i < candidates.offsets[site + 1]; ++i) {
      const std::uint32_t candidate = candidates.sites[i];
      const DailyStatistics::Last newest = statistics_[p]->LastValue(candidate, day);
      if (newest.age_days < 0 || newest.age_days >= kDays) continue;
      last = newest.value;
      mean = statistics_[p]->Mean(candidate, day, kDays);
      break;
    }
    *out++ = last;
    *out++ = mean;
  }
  return out;
}

}  // namespace geoclimate::features
