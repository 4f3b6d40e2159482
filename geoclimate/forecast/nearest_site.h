#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "geoclimate/airquality/site.h"

namespace geoclimate::forecast {

// Finds the nearest of many places on the sphere: a k-d tree (J. L. Bentley, CACM 18(9), 1975) over
// unit vectors, where the shorter chord is the shorter great circle. Immutable; thread-safe.
class NearestSite {
 public:
  NearestSite() = default;
  // Entries without coordinates are never found.
  explicit NearestSite(std::span<const std::optional<airquality::Coordinates>> places);

  // The index of the nearest place, the lowest of several at equal distance; nothing when there is
  // none.
  std::optional<std::size_t> Find(const airquality::Coordinates& point) const;

 private:
  struct Node {
    std::array<double, 3> vector;
    std::uint32_t place;
  };
  struct Best;
  void Arrange(std::size_t begin, std::size_t end, std::size_t axis);
  void Search(const std::array<double, 3>& point, std::size_t begin, std::size_t end,
              std::size_t axis, Best& best) const;

  std::vector<Node> nodes_;  // the middle of a range splits it, axes in turn
};

}  // namespace geoclimate::forecast
