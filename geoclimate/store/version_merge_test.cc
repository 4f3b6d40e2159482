#include "geoclimate/store/version_merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

namespace geoclimate::store {
namespace {

constexpr std::int32_t kBatchOrigin = 5;

std::int32_t KeepGreater(std::int32_t origin) {
  return std::max(origin, kBatchOrigin);
}

Version Incoming(std::int32_t start, std::int64_t value, std::uint8_t source = 0,
                 std::uint8_t monitor = 0, std::int64_t floor = kNoFloor) {
  Version version;
  version.start = start;
  version.value = value;
  version.source = source;
  version.completeness = 100;
  version.monitor = monitor;
  version.available_at_floor = floor;
  return version;
}

Version Existing(std::int32_t start, std::int64_t value, std::int32_t origin = kBatchOrigin,
                 std::uint8_t monitor = 0, std::int64_t floor = kNoFloor) {
  Version version = Incoming(start, value, 0, monitor, floor);
  version.origin = origin;
  version.receipt = 3;
  return version;
}

MergedVersions Merge(std::vector<Version> incoming, std::vector<Version> existing) {
  return MergeVersions(incoming, existing, KeepGreater);
}

std::size_t Added(const MergedVersions& merged) {
  return static_cast<std::size_t>(std::ranges::count(merged.versions, 0, &Version::receipt));
}

TEST(MergeVersions, AddsEverythingToAnEmptyPeriod) {
  const MergedVersions merged = Merge({Incoming(1, 10), Incoming(2, 20)}, {});
  EXPECT_EQ(Added(merged), 2u);
  EXPECT_TRUE(merged.changed);
  EXPECT_EQ(merged.counts, (WriteCounts{2, 0, 0}));
}

TEST(MergeVersions, LeavesAVersionThatIsThereAlone) {
  const MergedVersions merged = Merge({Incoming(1, 10)}, {Existing(0, 9), Existing(1, 10)});
  EXPECT_EQ(Added(merged), 0u);
  EXPECT_EQ(merged.versions.size(), 2u);
  EXPECT_FALSE(merged.changed);
  EXPECT_EQ(merged.counts, (WriteCounts{0, 0, 1}));
}

TEST(MergeVersions, KeepsAllInOrder) {
  const MergedVersions merged =
      Merge({Incoming(1, 10), Incoming(1, 30), Incoming(5, 1)},
            {Existing(0, 1), Existing(1, 20), Existing(4, 1), Existing(6, 1)});
  EXPECT_EQ(merged.versions.size(), 7u);
  EXPECT_TRUE(std::ranges::is_sorted(merged.versions, {}, &Version::Identity));
  EXPECT_EQ(merged.counts, (WriteCounts{1, 2, 0}));
}

TEST(MergeVersions, CountsAnotherValueOfAKnownKeyAsReplacedOnEitherSideOfTheOld) {
  EXPECT_EQ(Merge({Incoming(1, 10)}, {Existing(1, 20)}).counts, (WriteCounts{0, 1, 0}));
  EXPECT_EQ(Merge({Incoming(1, 30)}, {Existing(1, 20)}).counts, (WriteCounts{0, 1, 0}));
  EXPECT_EQ(Merge({Incoming(1, 30)}, {Existing(0, 30), Existing(2, 30)}).counts,
            (WriteCounts{1, 0, 0}));
}

TEST(MergeVersions, CountsTwoValuesOfOneKeyInABatchAsNewAndReplaced) {
  const MergedVersions merged = Merge({Incoming(1, 10), Incoming(1, 20), Incoming(1, 20)}, {});
  EXPECT_EQ(merged.counts, (WriteCounts{1, 1, 1}));
  EXPECT_EQ(Added(merged), 2u);
}

TEST(MergeVersions, AnotherSourceIsAnotherVersion) {
  EXPECT_EQ(Merge({Incoming(1, 10, 1)}, {Existing(1, 10)}).counts, (WriteCounts{0, 1, 0}));
}

TEST(MergeVersions, RaisesTheOriginAndTheMonitorAndLowersTheFloor) {
  const MergedVersions merged =
      Merge({Incoming(1, 10), Incoming(2, 10, 0, 1), Incoming(3, 10, 0, 0, 50)},
            {Existing(1, 10, 4), Existing(2, 10, 7), Existing(3, 10, 7, 1, 60)});
  EXPECT_EQ(merged.counts, (WriteCounts{0, 0, 3}));
  EXPECT_TRUE(merged.changed);
  ASSERT_EQ(merged.versions.size(), 3u);
  EXPECT_EQ(merged.versions[0].origin, kBatchOrigin);
  EXPECT_EQ(merged.versions[0].receipt, 3);
  EXPECT_EQ(merged.versions[1].monitor, 1);
  EXPECT_EQ(merged.versions[1].origin, 7);
  EXPECT_EQ(merged.versions[2].available_at_floor, 50);
  EXPECT_EQ(merged.versions[2].monitor, 1);
}

TEST(MergeVersions, ALaterFloorAndALesserOriginChangeNothing) {
  EXPECT_FALSE(Merge({Incoming(4, 10, 0, 0, 90)}, {Existing(4, 10, 7, 1, 60)}).changed);
}

TEST(MergeVersions, CollapsesTheSameVersionGivenTwice) {
  const MergedVersions merged = Merge({Incoming(1, 10, 0, 1, 70), Incoming(1, 10, 0, 0, 60)}, {});
  ASSERT_EQ(merged.versions.size(), 1u);
  EXPECT_EQ(merged.versions[0].monitor, 1);
  EXPECT_EQ(merged.versions[0].available_at_floor, 60);
  EXPECT_EQ(merged.counts, (WriteCounts{1, 0, 1}));
}

}  // namespace
}  // namespace geoclimate::store
