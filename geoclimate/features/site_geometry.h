#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "geoclimate/airquality/site.h"

namespace geoclimate::features {

// Another site, seen from a site.
struct Neighbour {
  std::uint32_t site = 0;   // index into the sites that the geometry was made of
  std::uint8_t sector = 0;  // where it lies: 0 north, 1 northeast, ... 7 northwest, 45 degrees each
  float distance_km = 0;
};

inline constexpr std::size_t kSectors = 8;

// The sites' places on the unit sphere, where chords order as distances do and cost no
// trigonometry. Immutable; thread-safe. Copies what it needs.
class SitePositions {
 public:
  explicit SitePositions(std::span<const airquality::Site> sites);

  // NaN when either has no coordinates.
  double SquaredChord(std::size_t a, std::size_t b) const;

 private:
  std::vector<std::array<double, 3>> vectors_;
};

// Who stands near whom. Built once for a set of sites; depends on nothing but their coordinates, so
// that a site that reports nothing yet changes nobody's order. A site without coordinates has no
// neighbours and is nobody's.
//
// Immutable; thread-safe. Copies what it needs.
class SiteGeometry {
 public:
  static constexpr double kRadiusKm = 400;

  explicit SiteGeometry(std::span<const airquality::Site> sites);

  // The other sites within kRadiusKm of `site`, nearest first, then by index. Valid as long as the
  // geometry.
  std::span<const Neighbour> Neighbours(std::size_t site) const;

 private:
  std::vector<std::size_t> offsets_;  // of each site's neighbours, and the end
  std::vector<Neighbour> neighbours_;
};

// The sites within SiteGeometry::kRadiusKm of any place, nearest first, then by index.
std::vector<Neighbour> NeighboursOf(const airquality::Coordinates& place,
                                    std::span<const airquality::Coordinates> sites);

}  // namespace geoclimate::features
