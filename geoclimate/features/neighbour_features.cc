#include "geoclimate/features/neighbour_features.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

namespace geoclimate::features {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
constexpr std::array<int, 3> kRadiiKm = {50, 150, 400};
constexpr std::size_t kAnomalyRadius = 1;  // index into kRadiiKm
constexpr int kNearest = 5;
constexpr std::array<std::string_view, kSectors> kSectorNames = {
    "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"};

// Absent values add nothing, not even a different order of the sums.
struct WeightedMean {
  double sum = 0;
  double weights = 0;

  void Add(float value, float weight) {
    const bool present = !std::isnan(value);
    sum += present ? static_cast<double>(value) * static_cast<double>(weight) : 0.0;
    weights += present ? static_cast<double>(weight) : 0.0;
  }
  float value() const { return weights > 0 ? static_cast<float>(sum / weights) : kMissing; }
};

struct Nearest {
  double sum = 0;
  double change = 0;
  float max = -std::numeric_limits<float>::infinity();
  float distance_km = kMissing;
  int count = 0;
  int changes = 0;

  void Add(const NeighbourValues& values, float distance) {
    if (count == 0) distance_km = distance;
    ++count;
    sum += static_cast<double>(values.today);
    max = std::max(max, values.today);
    if (!std::isnan(values.yesterday)) {
      ++changes;
      change += static_cast<double>(values.today) - static_cast<double>(values.yesterday);
    }
  }
  float* Write(float* out) const {
    *out++ = count > 0 ? static_cast<float>(sum / count) : kMissing;
    *out++ = count > 0 ? max : kMissing;
    *out++ = changes > 0 ? static_cast<float>(change / changes) : kMissing;
    *out++ = distance_km;
    return out;
  }
};

}  // namespace

void AddNeighbourColumns(ColumnList& columns) {
  for (const int radius : kRadiiKm) columns.AddConcentration(fmt::format("near{}", radius));
  for (const int radius : kRadiiKm) columns.AddConcentration(fmt::format("near{}_lag1", radius));
  columns.AddChange("near150_anomaly");
  columns.AddConcentration("nearest5_mean");
  columns.AddConcentration("nearest5_max");
  columns.AddChange("nearest5_change");
  columns.AddNumber("nearest", "km", 0, static_cast<float>(SiteGeometry::kRadiusKm));
  columns.AddNumber("near150", "sites", 0, 10'000);
  for (const std::string_view sector : kSectorNames) columns.AddConcentration(sector);
}

NeighbourValues ValuesOf(const DailyStatistics& statistics, std::size_t site, base::LocalDay day) {
  const SiteHistory::Series& series = statistics.series(site);
  const float today = series.At(day);
  return {today, series.At(day - std::chrono::days(1)),
          std::isnan(today) ? kMissing : today - statistics.Mean(site, day, 30)};
}

NeighbourLink LinkTo(const Neighbour& neighbour) {
  return {neighbour.distance_km, 1 / std::max(neighbour.distance_km, 1.0F), neighbour.sector};
}

NeighbourTable::NeighbourTable(const SiteGeometry& geometry, const DailyStatistics& statistics,
                               std::size_t sites) {
  offsets_.push_back(0);
  for (std::size_t site = 0; site < sites; ++site) {
    for (const Neighbour& neighbour : geometry.Neighbours(site)) {
      if (statistics.series(neighbour.site).empty()) continue;
      sites_.push_back(neighbour.site);
      links_.push_back(LinkTo(neighbour));
    }
    offsets_.push_back(sites_.size());
  }
}

std::span<const std::uint32_t> NeighbourTable::Sites(std::size_t site) const {
  return std::span<const std::uint32_t>(sites_).subspan(offsets_[site],
                                                        offsets_[site + 1] - offsets_[site]);
}

float* NeighbourTable::WriteFeatures(std::size_t site, std::span<const NeighbourValues> values,
                                     float* out) const {
  return WriteNeighbourFeatures(
      std::span(links_).subspan(offsets_[site], offsets_[site + 1] - offsets_[site]), values, out);
}

float* WriteNeighbourFeatures(std::span<const NeighbourLink> links,
                              std::span<const NeighbourValues> values, float* out) {
  WeightedMean today;
  WeightedMean yesterday;
  WeightedMean anomaly;
  std::array<WeightedMean, kSectors> sectors;
  std::array<float, kRadiiKm.size()> today_means{};
  std::array<float, kRadiiKm.size()> yesterday_means{};
  int count = 0;
  float anomaly_mean = kMissing;
  int anomaly_count = 0;
  Nearest nearest;

  std::size_t i = 0;
  for (std::size_t radius = 0; radius < kRadiiKm.size(); ++radius) {
    for (; i < values.size() && links[i].distance_km <= static_cast<float>(kRadiiKm[radius]); ++i) {
      const NeighbourValues& value = values[i];
      const float weight = links[i].weight;
      today.Add(value.today, weight);
      yesterday.Add(value.yesterday, weight);
      anomaly.Add(value.anomaly, weight);
      sectors[links[i].sector].Add(value.today, weight);
      if (std::isnan(value.today)) continue;
      if (count++ < kNearest) nearest.Add(value, links[i].distance_km);
    }
    today_means[radius] = today.value();
    yesterday_means[radius] = yesterday.value();
    if (radius == kAnomalyRadius) {
      anomaly_mean = anomaly.value();
      anomaly_count = count;
    }
  }

  out = std::copy(today_means.begin(), today_means.end(), out);
  out = std::copy(yesterday_means.begin(), yesterday_means.end(), out);
  *out++ = anomaly_mean;
  out = nearest.Write(out);
  *out++ = static_cast<float>(anomaly_count);
  for (const WeightedMean& sector : sectors) *out++ = sector.value();
  return out;
}

}  // namespace geoclimate::features
