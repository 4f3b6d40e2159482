#include "geoclimate/store/day_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

namespace geoclimate::store {
namespace {

TEST(DaySet, GrowsInBothDirections) {
  DaySet set;
  EXPECT_TRUE(set.empty());
  EXPECT_TRUE(set.Add(base::MakeDay(2020, 6, 1)));
  EXPECT_TRUE(set.Add(base::MakeDay(1969, 12, 31)));
  EXPECT_TRUE(set.Add(base::MakeDay(2023, 1, 9)));
  EXPECT_FALSE(set.Add(base::MakeDay(2020, 6, 1)));
  EXPECT_EQ(set.first(), base::MakeDay(1969, 12, 31));
  EXPECT_EQ(set.last(), base::MakeDay(2023, 1, 9));
  EXPECT_EQ(set.count(), 3u);
}

TEST(DaySet, EqualSetsHaveEqualBytesWhateverTheOrder) {
  std::mt19937 random(7);
  std::set<int> days;
  while (days.size() < 300) days.insert(static_cast<int>(random() % 20'000) - 10'000);
  DaySet up;
  for (const int day : days) up.Add(base::DayFromNumber(day));
  std::vector<int> shuffled(days.begin(), days.end());
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  DaySet any;
  for (const int day : shuffled) any.Add(base::DayFromNumber(day));
  EXPECT_EQ(up.Bytes(), any.Bytes());
  EXPECT_EQ(up.FirstBitDay(), any.FirstBitDay());
  EXPECT_EQ(up.count(), days.size());
  EXPECT_EQ(base::DayNumber(up.first()), *days.begin());
  EXPECT_EQ(base::DayNumber(up.last()), *days.rbegin());
}

TEST(DaySet, DecodeIsTheInverseOfItsBytes) {
  DaySet set;
  for (int day = -30; day < 400; day += 3) set.Add(base::DayFromNumber(day));
  const DaySet copy = DaySet::Decode(set.Bytes(), set.FirstBitDay());
  EXPECT_EQ(copy.Bytes(), set.Bytes());
  EXPECT_EQ(copy.FirstBitDay(), set.FirstBitDay());
  EXPECT_EQ(copy.count(), set.count());
  EXPECT_TRUE(DaySet::Decode("", base::DayFromNumber(8)).empty());
}

TEST(DaySet, DecodeOfForeignBytesDropsZerosAtTheEnds) {
  const DaySet set = DaySet::Decode(std::string_view("\0\x02\0", 3), base::DayFromNumber(16));
  EXPECT_EQ(set.count(), 1u);
  EXPECT_EQ(base::DayNumber(set.first()), 25);
  EXPECT_EQ(base::DayNumber(set.last()), 25);
}

}  // namespace
}  // namespace geoclimate::store
