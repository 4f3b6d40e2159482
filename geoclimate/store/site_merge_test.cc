#include "geoclimate/store/site_merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace geoclimate::store {
namespace {

using airquality::Coordinates;
using airquality::Site;
using airquality::SiteId;
using std::chrono::minutes;

SiteVersion Version(std::string origin, std::string name, std::string cbsa,
                    std::optional<Coordinates> coordinates, minutes offset) {
  Site site;
  site.id = SiteId::FromParts(6, 37, 1103);
  site.name = std::move(name);
  site.cbsa = std::move(cbsa);
  site.coordinates = coordinates;
  site.utc_offset = offset;
  return {site, std::move(origin)};
}

TEST(MergeSite, TakesEachFieldFromTheGreatestOriginThatHasIt) {
  const std::vector<SiteVersion> versions = {
      Version("2019.csv", "Main St", "Los Angeles", Coordinates{34.0, -118.0}, minutes(-480)),
      Version("2020.csv", "", "LA", std::nullopt, minutes(0)),
      Version("2018.csv", "North Main", "", Coordinates{33.0, -117.0}, minutes(-420)),
  };
  const Site site = MergeSite(versions);
  EXPECT_EQ(site.name, "Main St");
  EXPECT_EQ(site.cbsa, "LA");
  EXPECT_EQ(site.coordinates, (Coordinates{34.0, -118.0}));
  EXPECT_EQ(site.utc_offset, minutes(-480));
}

TEST(MergeSite, TakesTheGreaterValueOfOneOrigin) {
  const std::vector<SiteVersion> versions = {
      Version("a", "Zoo", "", Coordinates{34.0, -118.0}, minutes(-480)),
      Version("a", "Park", "", Coordinates{34.5, -119.0}, minutes(-480)),
  };
  EXPECT_EQ(MergeSite(versions).name, "Zoo");
  EXPECT_EQ(MergeSite(versions).coordinates, (Coordinates{34.5, -119.0}));
}

TEST(MergeSite, TakesTheOffsetOfTheGreatestOriginWhereNoneHasCoordinates) {
  const std::vector<SiteVersion> versions = {Version("b", "", "", std::nullopt, minutes(-300)),
                                             Version("a", "", "", std::nullopt, minutes(60))};
  EXPECT_EQ(MergeSite(versions).utc_offset, minutes(-300));
}

TEST(MergeSite, DoesNotDependOnTheOrder) {
  std::vector<SiteVersion> versions = {
      Version("c", "", "x", std::nullopt, minutes(0)),
      Version("a", "One", "", Coordinates{1.0, 2.0}, minutes(60)),
      Version("b", "Two", "y", Coordinates{1.0, 3.0}, minutes(120)),
      Version("b", "Three", "", Coordinates{1.0, 3.0}, minutes(120)),
  };
  const Site expected = MergeSite(versions);
  std::sort(versions.begin(), versions.end(),
            [](const auto& l, const auto& r) { return l.site.name < r.site.name; });
  do {
    EXPECT_TRUE(SameSite(MergeSite(versions), expected));
  } while (std::next_permutation(
      versions.begin(), versions.end(),
      [](const auto& l, const auto& r) { return l.site.name < r.site.name; }));
}

}  // namespace
}  // namespace geoclimate::store
