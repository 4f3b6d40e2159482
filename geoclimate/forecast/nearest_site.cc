#include "geoclimate/forecast/nearest_site.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace geoclimate::forecast {
namespace {

std::array<double, 3> UnitVector(const airquality::Coordinates& place) {
  const double latitude = place.latitude * std::numbers::pi / 180;
  const double longitude = place.longitude * std::numbers::pi / 180;
  return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude),
          std::sin(latitude)};
}

double SquaredChord(const std::array<double, 3>& a, const std::array<double, 3>& b) {
  double sum = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) sum += (a[axis] - b[axis]) * (a[axis] - b[axis]);
  return sum;
}

}  // namespace

struct NearestSite::Best {
  double squared_chord = std::numeric_limits<double>::infinity();
  std::uint32_t place = 0;
};

NearestSite::NearestSite(std::span<const std::optional<airquality::Coordinates>> places) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i]) nodes_.push_back({UnitVector(*places[i]), static_cast<std::uint32_t>(i)});
  }
  Arrange(0, nodes_.size(), 0);
}

void NearestSite::Arrange(std::size_t begin, std::size_t end, std::size_t axis) {
  if (end - begin < 2) return;
  const std::size_t middle = begin + (end - begin) / 2;
  const auto at = [this](std::size_t i) { return nodes_.begin() + static_cast<std::ptrdiff_t>(i); };
  std::nth_element(at(begin), at(middle), at(end), [axis](const Node& a, const Node& b) {
    return a.vector[axis] < b.vector[axis];
  });
  Arrange(begin, middle, (axis + 1) % 3);
  Arrange(middle + 1, end, (axis + 1) % 3);
}

void NearestSite::Search(const std::array<double, 3>& point, std::size_t begin, std::size_t end,
                         std::size_t axis, Best& best) const {
  if (begin == end) return;
  const std::size_t middle = begin + (end - begin) / 2;
  const Node& node = nodes_[middle];
  const double squared_chord = SquaredChord(point, node.vector);
  if (squared_chord < best.squared_chord ||
      (squared_chord == best.squared_chord && node.place < best.place)) {
    best = {squared_chord, node.place};
  }
  const double beyond = point[axis] - node.vector[axis];
  const std::size_t next = (axis + 1) % 3;
  if (beyond < 0) {
    Search(point, begin, middle, next, best);
    if (beyond * beyond <= best.squared_chord) Search(point, middle + 1, end, next, best);
  } else {
    Search(point, middle + 1, end, next, best);
    if (beyond * beyond <= best.squared_chord) Search(point, begin, middle, next, best);
  }
}

std::optional<std::size_t> NearestSite::Find(const airquality::Coordinates& point) const {
  if (nodes_.empty()) return std::nullopt;
  Best best;
  Search(UnitVector(point), 0, nodes_.size(), 0, best);
  return best.place;
}

}  // namespace geoclimate::forecast
