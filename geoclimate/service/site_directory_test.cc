#include "geoclimate/service/site_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/service/testing/platform.h"

namespace geoclimate::service {
namespace {

using ::testing::ElementsAre;

ListedSite Listed(std::uint32_t number, double latitude, double longitude) {
  ListedSite listed;
  listed.site = ExampleSite(number, latitude, longitude);
  return listed;
}

std::vector<std::uint32_t> Numbers(const SitePage& page) {
  std::vector<std::uint32_t> numbers;
  for (const ListedSite* listed : page.sites) numbers.push_back(listed->site.id.number() % 10'000);
  return numbers;
}

class SiteDirectoryTest : public testing::Test {
 protected:
  static SiteDirectory Make() {
    std::vector<ListedSite> sites = {Listed(1, 40, -74), Listed(2, 41, -74), Listed(3, 42, -100),
                                     Listed(4, 0, 0)};
    sites[1].coverage[0] = DayRange{base::MakeDay(2020, 1, 1), base::MakeDay(2020, 2, 1), 30};
    sites[1].coverage[2] = DayRange{base::MakeDay(2019, 1, 1), base::MakeDay(2020, 1, 1), 300};
    sites[2].site.name = "Queens College";
    sites[3].site.coordinates.reset();
    return SiteDirectory(std::move(sites));
  }
  SiteDirectory directory_ = Make();
};

TEST_F(SiteDirectoryTest, FindsASiteById) {
  EXPECT_EQ(directory_.Find(ExampleSite(3).id)->site.name, "Queens College");
  EXPECT_EQ(directory_.Find(ExampleSite(9).id), nullptr);
}

TEST_F(SiteDirectoryTest, KnowsTheFirstAndTheLastDayOverAllPollutants) {
  EXPECT_EQ(directory_.Find(ExampleSite(2).id)->FirstDay(), base::MakeDay(2019, 1, 1));
  EXPECT_EQ(directory_.Find(ExampleSite(2).id)->LastDay(), base::MakeDay(2020, 2, 1));
  EXPECT_EQ(directory_.Find(ExampleSite(1).id)->LastDay(), std::nullopt);
}

TEST_F(SiteDirectoryTest, FindsTheNearestSiteThatHasCoordinates) {
  const auto nearest = directory_.FindNearest({40.4, -74});
  ASSERT_TRUE(nearest);
  EXPECT_EQ(nearest->site->site.id, ExampleSite(1).id);
  EXPECT_NEAR(nearest->distance_km, 44.5, 0.1);
  EXPECT_FALSE(SiteDirectory({}).FindNearest({0, 0}));
}

TEST_F(SiteDirectoryTest, PagesInTheOrderOfIds) {
  SiteSearch search;
  search.limit = 3;
  SitePage page = directory_.Search(search);
  EXPECT_THAT(Numbers(page), ElementsAre(1, 2, 3));
  EXPECT_EQ(page.more, SitePage::More::kYes);
  search.after = page.sites.back()->site.id;
  page = directory_.Search(search);
  EXPECT_THAT(Numbers(page), ElementsAre(4));
  EXPECT_EQ(page.more, SitePage::More::kNo);
  search.after = ExampleSite(0).id;
  EXPECT_THAT(Numbers(directory_.Search(search)), ElementsAre(1, 2, 3));
}

TEST_F(SiteDirectoryTest, APageThatEndsWithTheLastMatchIsTheLast) {
  SiteSearch search;
  search.limit = 4;
  EXPECT_EQ(directory_.Search(search).more, SitePage::More::kNo);
}

TEST_F(SiteDirectoryTest, FiltersByBoxPollutantAndText) {
  SiteSearch search;
  search.box = BoundingBox{.south = 39, .west = -75, .north = 45, .east = -70};
  EXPECT_THAT(Numbers(directory_.Search(search)), ElementsAre(1, 2));
  search = {};
  search.pollutant = airquality::Pollutant::kO3;
  EXPECT_THAT(Numbers(directory_.Search(search)), ElementsAre(2));
  search = {};
  search.text = "QUEENS";
  EXPECT_THAT(Numbers(directory_.Search(search)), ElementsAre(3));
  search.text = "36-001-0004";
  EXPECT_THAT(Numbers(directory_.Search(search)), ElementsAre(4));
}

TEST(Sites, FollowsTheStore) {
  TestPlatform platform;
  const auto sites = Sites::Start(*platform.stores.observations, std::chrono::hours(1));
  ASSERT_TRUE(sites.ok()) << sites.error().ToString();
  EXPECT_EQ((*sites)->Directory()->sites().size(), 0U);
  platform.AddPm25(ExampleSite(1), base::MakeDay(2020, 12, 30), 5);
  platform.AddPm25(ExampleSite(1), base::MakeDay(2020, 12, 31), 5);
  ASSERT_TRUE((*sites)->Refresh().ok());
  const auto directory = (*sites)->Directory();
  const ListedSite* site = directory->Find(ExampleSite(1).id);
  ASSERT_NE(site, nullptr);
  EXPECT_EQ(site->site.name, "Site 1");
  EXPECT_EQ(site->Coverage(airquality::Pollutant::kPm25)->days, 2U);
  EXPECT_EQ(site->LastDay(), base::MakeDay(2020, 12, 31));
}

}  // namespace
}  // namespace geoclimate::service
