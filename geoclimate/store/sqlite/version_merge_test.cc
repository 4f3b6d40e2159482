#include "geoclimate/store/sqlite/version_merge.h"

#include <gtest/gtest.h>

namespace geoclimate::store::sqlite {
namespace {

constexpr std::int64_t kBatchOrigin = 5;

std::int64_t KeepGreater(std::int64_t origin) {
  return std::max(origin, kBatchOrigin);
}

GatheredVersion Incoming(std::int32_t start, std::int64_t value, std::uint8_t source = 0,
                         std::uint8_t monitor = 0, std::int64_t floor = kNoFloor) {
  GatheredVersion version;
  version.start = start;
  version.value = value;
  version.source = source;
  version.completeness = 100;
  version.monitor = monitor;
  version.available_at_floor = floor;
  return version;
}

VersionRow Existing(std::int64_t start, std::int64_t value, std::int64_t origin = kBatchOrigin,
                    std::int64_t monitor = 0, std::int64_t floor = kNoFloor) {
  VersionRow row;
  row.series = 9;
  row.start = start;
  row.value = value;
  row.completeness = 100;
  row.monitor = monitor;
  row.origin = origin;
  row.receipt = 3;
  row.available_at_floor = floor;
  return row;
}

SeriesChanges Merge(std::vector<GatheredVersion> incoming, std::vector<VersionRow> existing) {
  return MergeVersions(incoming, existing, KeepGreater);
}

TEST(MergeVersions, AddsEverythingToAnEmptySeries) {
  const SeriesChanges changes = Merge({Incoming(1, 10), Incoming(2, 20)}, {});
  EXPECT_EQ(changes.added.size(), 2u);
  EXPECT_TRUE(changes.changed.empty());
  EXPECT_EQ(changes.counts, (WriteCounts{2, 0, 0}));
}

TEST(MergeVersions, LeavesAVersionThatIsThereAlone) {
  const SeriesChanges changes = Merge({Incoming(1, 10)}, {Existing(1, 10)});
  EXPECT_TRUE(changes.added.empty());
  EXPECT_TRUE(changes.changed.empty());
  EXPECT_EQ(changes.counts, (WriteCounts{0, 0, 1}));
}

TEST(MergeVersions, CountsAnotherValueOfAKnownKeyAsReplacedOnEitherSideOfTheOld) {
  EXPECT_EQ(Merge({Incoming(1, 10)}, {Existing(1, 20)}).counts, (WriteCounts{0, 1, 0}));
  EXPECT_EQ(Merge({Incoming(1, 30)}, {Existing(1, 20)}).counts, (WriteCounts{0, 1, 0}));
  EXPECT_EQ(Merge({Incoming(1, 30)}, {Existing(0, 30), Existing(2, 30)}).counts,
            (WriteCounts{1, 0, 0}));
}

TEST(MergeVersions, CountsTwoValuesOfOneKeyInABatchAsNewAndReplaced) {
  const SeriesChanges changes = Merge({Incoming(1, 10), Incoming(1, 20), Incoming(1, 20)}, {});
  EXPECT_EQ(changes.counts, (WriteCounts{1, 1, 1}));
  EXPECT_EQ(changes.added.size(), 2u);
}

TEST(MergeVersions, AnotherSourceIsAnotherVersion) {
  EXPECT_EQ(Merge({Incoming(1, 10, 1)}, {Existing(1, 10)}).counts, (WriteCounts{0, 1, 0}));
}

TEST(MergeVersions, RaisesTheOriginAndTheMonitorAndLowersTheFloor) {
  const SeriesChanges changes = Merge({Incoming(1, 10), Incoming(2, 10, 0, 1),
                                       Incoming(3, 10, 0, 0, 50), Incoming(4, 10, 0, 0, 90)},
                                      {Existing(1, 10, 4), Existing(2, 10, 7),
                                       Existing(3, 10, 7, 1, 60), Existing(4, 10, 7, 1, 60)});
  EXPECT_EQ(changes.counts, (WriteCounts{0, 0, 4}));
  ASSERT_EQ(changes.changed.size(), 3u);
  EXPECT_EQ(changes.changed[0].origin, kBatchOrigin);
  EXPECT_EQ(changes.changed[0].receipt, 3);
  EXPECT_EQ(changes.changed[1].monitor, 1);
  EXPECT_EQ(changes.changed[1].origin, 7);
  EXPECT_EQ(changes.changed[2].available_at_floor, 50);
  EXPECT_EQ(changes.changed[2].monitor, 1);
}

TEST(MergeVersions, CollapsesTheSameVersionGivenTwice) {
  const SeriesChanges changes = Merge({Incoming(1, 10, 0, 1, 70), Incoming(1, 10, 0, 0, 60)}, {});
  ASSERT_EQ(changes.added.size(), 1u);
  EXPECT_EQ(changes.added[0].monitor, 1);
  EXPECT_EQ(changes.added[0].available_at_floor, 60);
  EXPECT_EQ(changes.counts, (WriteCounts{1, 0, 1}));
}

}  // namespace
}  // namespace geoclimate::store::sqlite
