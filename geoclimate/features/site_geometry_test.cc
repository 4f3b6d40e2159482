#include "geoclimate/features/site_geometry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace geoclimate::features {
namespace {

using ::testing::ElementsAre;

airquality::Site At(std::uint32_t number, double latitude, double longitude) {
  airquality::Site site;
  site.id = airquality::SiteId::FromParts(1, 1, number);
  site.coordinates = {latitude, longitude};
  return site;
}

std::vector<std::uint32_t> SitesOf(std::span<const Neighbour> neighbours) {
  std::vector<std::uint32_t> sites;
  for (const Neighbour& neighbour : neighbours) sites.push_back(neighbour.site);
  return sites;
}

TEST(SiteGeometry, NeighboursAreNearestFirstWithinTheRadius) {
  airquality::Site lost = At(9, 0, 0);
  lost.coordinates.reset();
  const std::vector<airquality::Site> sites = {At(1, 40, -75), At(2, 42, -75),   lost,
                                               At(4, 41, -75), At(5, 40, -70.2), At(6, 40, -71)};
  const SiteGeometry geometry(sites);
  EXPECT_THAT(SitesOf(geometry.Neighbours(0)), ElementsAre(3, 1, 5)) << "the fifth is 408 km away";
  EXPECT_TRUE(geometry.Neighbours(2).empty());
  EXPECT_NEAR(geometry.Neighbours(0)[0].distance_km, 111.19, 0.01);
}

TEST(SiteGeometry, SectorsAreCentredOnTheWinds) {
  const std::vector<airquality::Site> sites = {
      At(1, 40, -75), At(2, 41, -75),   At(3, 41, -73.7), At(4, 40, -74),  At(5, 39, -73.7),
      At(6, 39, -75), At(7, 39, -76.3), At(8, 40, -76),   At(9, 41, -76.3)};
  const SiteGeometry geometry(sites);
  for (const Neighbour& neighbour : geometry.Neighbours(0)) {
    EXPECT_EQ(neighbour.sector, neighbour.site - 1) << "the sites stand clockwise from the north";
  }
  for (const Neighbour& neighbour : geometry.Neighbours(5)) {
    if (neighbour.site != 0) continue;
    EXPECT_EQ(neighbour.sector, 0) << "the south sees the middle north";
  }
}

TEST(SiteGeometry, SitesAtOnePlaceAreNeighboursInTheirOrder) {
  const std::vector<airquality::Site> sites = {At(1, 40, -75), At(2, 40, -75), At(3, 40, -75)};
  const SiteGeometry geometry(sites);
  EXPECT_THAT(SitesOf(geometry.Neighbours(1)), ElementsAre(0, 2));
  EXPECT_EQ(geometry.Neighbours(1)[0].distance_km, 0);
}

TEST(SitePositions, ChordsOrderAsDistancesDo) {
  airquality::Site lost = At(9, 0, 0);
  lost.coordinates.reset();
  const std::vector<airquality::Site> sites = {At(1, 40, -75), At(2, 41, -75), At(3, 40, -73),
                                               lost};
  const SitePositions positions(sites);
  EXPECT_LT(positions.SquaredChord(0, 1), positions.SquaredChord(0, 2));
  EXPECT_EQ(positions.SquaredChord(0, 2), positions.SquaredChord(2, 0));
  EXPECT_EQ(positions.SquaredChord(1, 1), 0);
  EXPECT_TRUE(std::isnan(positions.SquaredChord(0, 3)));
}

TEST(SiteGeometry, CrossesTheDateLine) {
  const std::vector<airquality::Site> sites = {At(1, 52, 179.5), At(2, 52, -179.5)};
  EXPECT_EQ(SiteGeometry(sites).Neighbours(0).size(), 1u);
}

}  // namespace
}  // namespace geoclimate::features
