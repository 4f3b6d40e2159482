#include "geoclimate/features/site_geometry.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <tuple>

namespace geoclimate::features {
namespace {

constexpr double kEarthRadiusKm = 6371;
constexpr double kRadiansPerDegree = std::numbers::pi / 180;

std::array<double, 3> Position(const std::optional<airquality::Coordinates>& coordinates) {
  if (!coordinates) {
    constexpr double kNowhere = std::numeric_limits<double>::quiet_NaN();
    return {kNowhere, kNowhere, kNowhere};
  }
  const double latitude = coordinates->latitude * kRadiansPerDegree;
  const double longitude = coordinates->longitude * kRadiansPerDegree;
  return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude),
          std::sin(latitude)};
}

std::uint8_t Sector(double bearing_degrees) {
  constexpr double kWidth = 360.0 / kSectors;
  return static_cast<std::uint8_t>(
      static_cast<std::size_t>((bearing_degrees + kWidth / 2) / kWidth) % kSectors);
}

void SortNearestFirst(std::vector<Neighbour>& neighbours) {
  std::sort(neighbours.begin(), neighbours.end(), [](const Neighbour& a, const Neighbour& b) {
    return std::tie(a.distance_km, a.site) < std::tie(b.distance_km, b.site);
  });
}

}  // namespace

SitePositions::SitePositions(std::span<const airquality::Site> sites) {
  for (const airquality::Site& site : sites) vectors_.push_back(Position(site.coordinates));
}

double SitePositions::SquaredChord(std::size_t a, std::size_t b) const {
  double sum = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double difference = vectors_[a][axis] - vectors_[b][axis];
    sum += difference * difference;
  }
  return sum;
}

SiteGeometry::SiteGeometry(std::span<const airquality::Site> sites) {
  const SitePositions positions(sites);
  // A little over the chord of kRadiusKm; the exact distance decides.
  const double chord = 2 * std::sin(kRadiusKm / (2 * kEarthRadiusKm)) * 1.0001;
  std::vector<std::vector<Neighbour>> lists(sites.size());
  for (std::uint32_t a = 0; a < sites.size(); ++a) {
    for (std::uint32_t b = a + 1; b < sites.size(); ++b) {
      if (!(positions.SquaredChord(a, b) <= chord * chord)) continue;
      const airquality::Coordinates& from = *sites[a].coordinates;
      const airquality::Coordinates& to = *sites[b].coordinates;
      const double distance = airquality::DistanceKm(from, to);
      if (distance > kRadiusKm) continue;
      const auto distance_km = static_cast<float>(distance);
      lists[a].push_back({b, Sector(airquality::BearingDegrees(from, to)), distance_km});
      lists[b].push_back({a, Sector(airquality::BearingDegrees(to, from)), distance_km});
    }
  }

  offsets_.push_back(0);
  for (std::vector<Neighbour>& list : lists) {
    SortNearestFirst(list);
    neighbours_.insert(neighbours_.end(), list.begin(), list.end());
    offsets_.push_back(neighbours_.size());
  }
}

std::span<const Neighbour> SiteGeometry::Neighbours(std::size_t site) const {
  return std::span<const Neighbour>(neighbours_)
      .subspan(offsets_[site], offsets_[site + 1] - offsets_[site]);
}

std::vector<Neighbour> NeighboursOf(const airquality::Coordinates& place,
                                    std::span<const airquality::Coordinates> sites) {
  // A little more than the radius spans along a meridian: spares most sites the exact distance.
  constexpr double kDegrees = SiteGeometry::kRadiusKm / kEarthRadiusKm / kRadiansPerDegree * 1.0001;
  std::vector<Neighbour> neighbours;
  for (std::uint32_t site = 0; site < sites.size(); ++site) {
    if (!(std::abs(sites[site].latitude - place.latitude) <= kDegrees)) continue;
    const double distance = airquality::DistanceKm(place, sites[site]);
    if (distance > SiteGeometry::kRadiusKm) continue;
    neighbours.push_back({site, Sector(airquality::BearingDegrees(place, sites[site])),
                          static_cast<float>(distance)});
  }
  SortNearestFirst(neighbours);
  return neighbours;
}

}  // namespace geoclimate::features
