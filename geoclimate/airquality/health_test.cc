#include "geoclimate/airquality/health.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace geoclimate::airquality {
namespace {

TEST(Health, EveryCategoryOfEveryPollutantHasAdviceForEveryone) {
  for (const Pollutant pollutant : kPollutants) {
    for (const AqiCategory category : kAqiCategories) {
      const std::span<const GroupAdvice> advice = HealthAdvice(pollutant, category);
      ASSERT_GE(advice.size(), 1u);
      ASSERT_LE(advice.size(), 2u);
      ASSERT_EQ(advice.back().groups.size(), 1u);
      EXPECT_EQ(advice.back().groups.front(), PopulationGroup::kEveryone);
      for (const GroupAdvice& entry : advice) {
        EXPECT_FALSE(entry.groups.empty());
        EXPECT_TRUE(entry.advice.ends_with('.')) << entry.advice;
      }
    }
  }
}

TEST(Health, SensitiveGroupsGetTheirOwnAdviceAbove100) {
  for (const Pollutant pollutant : kPollutants) {
    const std::span<const PopulationGroup> groups = SensitiveGroups(pollutant);
    EXPECT_FALSE(groups.empty());
    EXPECT_EQ(std::count(groups.begin(), groups.end(), PopulationGroup::kEveryone), 0);
    for (const AqiCategory category : {AqiCategory::kUnhealthyForSensitiveGroups,
                                       AqiCategory::kUnhealthy, AqiCategory::kVeryUnhealthy}) {
      const std::span<const GroupAdvice> advice = HealthAdvice(pollutant, category);
      ASSERT_EQ(advice.size(), 2u) << Name(pollutant);
      EXPECT_TRUE(std::ranges::equal(advice.front().groups, groups));
      EXPECT_NE(advice.front().advice, advice.back().advice);
    }
  }
}

TEST(Health, GroupsHaveDifferentNames) {
  std::set<std::string_view> names;
  for (const PopulationGroup group :
       {PopulationGroup::kEveryone, PopulationGroup::kHeartDisease, PopulationGroup::kLungDisease,
        PopulationGroup::kAsthma, PopulationGroup::kChildren, PopulationGroup::kOlderAdults,
        PopulationGroup::kActiveOutdoors, PopulationGroup::kLowIncome}) {
    names.insert(Name(group));
  }
  EXPECT_EQ(names.size(), 8u);
}

}  // namespace
}  // namespace geoclimate::airquality
