#include "geoclimate/training/site_folds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace geoclimate::training {
namespace {

TEST(SiteFolds, EveryRowOfASiteIsInOneFoldAndEveryFoldHasSitesToCalibrateOn) {
  // Sites 0 to 9 a day for six days; sites 8 and 9 end before the calibrate block.
  std::vector<std::size_t> sites;
  for (int day = 0; day < 6; ++day) {
    for (std::size_t site = 0; site < (day < 3 ? 10U : 8U); ++site) sites.push_back(site);
  }
  const auto folds = DealSites(sites, {30, 46}, 4);
  ASSERT_TRUE(folds.ok()) << folds.error().ToString();
  EXPECT_EQ(folds->count, 4);
  std::vector<std::set<int>> of_site(10);
  std::vector<int> calibrating(4);
  for (std::size_t row = 0; row < sites.size(); ++row) {
    of_site[sites[row]].insert(folds->of_row[row]);
    if (row >= 30 && row < 46) ++calibrating[static_cast<std::size_t>(folds->of_row[row])];
  }
  for (const std::set<int>& site : of_site) EXPECT_EQ(site.size(), 1U);
  EXPECT_THAT(calibrating, ::testing::Each(4));
}

TEST(SiteFolds, FewSitesMakeFewFoldsAndOneMakesNone) {
  const std::vector<std::size_t> three = {4, 7, 9, 4, 7, 9};
  const auto folds = DealSites(three, {3, 6}, 4);
  ASSERT_TRUE(folds.ok());
  EXPECT_EQ(folds->count, 3);
  const std::vector<std::size_t> one = {4, 7, 4, 4};
  const auto none = DealSites(one, {2, 4}, 4);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code(), base::ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace geoclimate::training
