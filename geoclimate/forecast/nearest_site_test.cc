#include "geoclimate/forecast/nearest_site.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace geoclimate::forecast {
namespace {

using airquality::Coordinates;

std::size_t NearestByLooking(const std::vector<std::optional<Coordinates>>& places,
                             const Coordinates& point) {
  std::size_t best = 0;
  double distance = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!places[i]) continue;
    const double here = airquality::DistanceKm(*places[i], point);
    if (here < distance) {
      distance = here;
      best = i;
    }
  }
  return best;
}

TEST(NearestSite, FindsWhatLookingAtEveryPlaceFinds) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> latitude(-90, 90);
  std::uniform_real_distribution<double> longitude(-180, 180);
  std::vector<std::optional<Coordinates>> places;
  for (int i = 0; i < 500; ++i) {
    if (i % 7 == 0) {
      places.emplace_back();
    } else {
      places.push_back(Coordinates{latitude(random), longitude(random)});
    }
  }
  const NearestSite nearest(places);
  for (int i = 0; i < 1000; ++i) {
    const Coordinates point{latitude(random), longitude(random)};
    EXPECT_EQ(nearest.Find(point), NearestByLooking(places, point));
  }
}

TEST(NearestSite, LooksAcrossThe180thMeridian) {
  const std::vector<std::optional<Coordinates>> places = {Coordinates{0, 170},
                                                          Coordinates{0, -179}};
  EXPECT_EQ(NearestSite(places).Find({0, 179}), 1u);
}

TEST(NearestSite, OfTwoAtOnePlaceTheFirstIsFound) {
  const std::vector<std::optional<Coordinates>> places = {
      Coordinates{40, -74}, Coordinates{34, -118}, Coordinates{34, -118}};
  EXPECT_EQ(NearestSite(places).Find({34, -117}), 1u);
}

TEST(NearestSite, WithoutPlacesThereIsNone) {
  EXPECT_EQ(NearestSite().Find({0, 0}), std::nullopt);
  const std::vector<std::optional<Coordinates>> unknown(3);
  EXPECT_EQ(NearestSite(unknown).Find({0, 0}), std::nullopt);
}

}  // namespace
}  // namespace geoclimate::forecast
