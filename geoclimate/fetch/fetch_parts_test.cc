// What a fetch is made of, without a network: waits, addresses, boxes, cursors, spans, days.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "geoclimate/airquality/daily_value.h"
#include "geoclimate/base/day.h"
#include "geoclimate/blob/local/local_blob_store.h"
#include "geoclimate/fetch/fetch_box.h"
#include "geoclimate/fetch/query.h"
#include "geoclimate/fetch/span_walk.h"
#include "geoclimate/fetch/value_keeper.h"
#include "geoclimate/store/sqlite/sqlite_store.h"

namespace geoclimate::fetch {
namespace {

using std::chrono::hours;

base::Timestamp At(std::string_view text) {
  return *base::ParseTimestamp(text);
}

TEST(Query, EncodesWhatAQueryCannotHold) {
  Query query("http://x/a");
  query.Add("BBOX", "-1,2").Add("email", "a+b@c.org").Add("n", "ä &");
  EXPECT_EQ(query.url(), "http://x/a?BBOX=-1,2&email=a%2Bb%40c.org&n=%C3%A4%20%26");
}

TEST(FetchBox, IsFourNumbersInTheirOrder) {
  const auto box = FetchBox::Parse("-125, 24,-66.5,50");
  ASSERT_TRUE(box.ok());
  EXPECT_EQ(box->ToString(), "-125,24,-66.5,50");
  for (const char* text :
       {"", "1,2,3", "1,2,3,4,5", "3,2,1,4", "1,4,3,2", "-181,0,0,1", "a,b,c,d", "0,0,nan,1"}) {
    EXPECT_FALSE(FetchBox::Parse(text).ok()) << text;
  }
}

class FetchPartsTest : public testing::Test {
 protected:
  FetchPartsTest() {
    std::string name = (std::filesystem::temp_directory_path() / "geoclimate-XXXXXX").string();
    GC_CHECK(mkdtemp(name.data()) != nullptr, "a temporary folder can be made");
    folder_ = name;
    blobs_ = *blob::LocalBlobStore::Open(folder_);
    store_ = *store::OpenSqliteStore(folder_ / "geoclimate.db", {}, clock_);
  }
  ~FetchPartsTest() override {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  SpanWalk Walk(std::optional<Span> given = {}, const std::string& scope = "-1,0,1,2") {
    auto walk = SpanWalk::Begin("airnow", scope, given, {.first = hours(48), .revisit = hours(6)},
                                clock_.Now(), *blobs_);
    EXPECT_TRUE(walk.ok()) << walk.error().ToString();
    return *std::move(walk);
  }

  base::FakeClock clock_{At("2026-11-28T05:30:00Z")};
  std::filesystem::path folder_;
  std::unique_ptr<blob::BlobStore> blobs_;
  std::unique_ptr<store::ObservationStore> store_;
};

TEST_F(FetchPartsTest, ASpanGoesFromTheCursorToTheLastWholeHour) {
  SpanWalk first = Walk();
  EXPECT_EQ(first.left(), (Span{At("2026-11-26T05:00:00Z"), At("2026-11-28T05:00:00Z")}));
  ASSERT_TRUE(first.Completed(At("2026-11-26T11:00:00Z")).ok());
  SpanWalk resumed = Walk();
  EXPECT_EQ(resumed.left(), (Span{At("2026-11-26T05:00:00Z"), At("2026-11-28T05:00:00Z")}))
      << "six hours are looked at again";
  ASSERT_TRUE(resumed.Completed(At("2026-11-26T06:00:00Z")).ok());
  EXPECT_EQ(resumed.complete_to(), At("2026-11-26T11:00:00Z"))
      << "looking again takes nothing back";
  ASSERT_TRUE(resumed.Completed(At("2026-11-28T05:00:00Z")).ok());
  EXPECT_EQ(resumed.left().from, resumed.left().to);
  EXPECT_EQ(Walk({}, "another box").left().from, At("2026-11-26T05:00:00Z"));
}

TEST_F(FetchPartsTest, AGivenSpanResumesByItselfAndLeavesTheOtherCursorAlone) {
  ASSERT_TRUE(Walk().Completed(At("2026-11-28T05:00:00Z")).ok());
  const Span year{At("2025-01-01T00:00:00Z"), At("2026-01-01T00:00:00Z")};
  SpanWalk walk = Walk(year);
  EXPECT_EQ(walk.left(), year);
  ASSERT_TRUE(walk.CameWithin(At("2025-02-01T00:00:00Z"), 17).ok());
  EXPECT_EQ(Walk(year).AfterWithin(At("2025-02-01T00:00:00Z")), 17);
  EXPECT_EQ(Walk(year).AfterWithin(At("2025-03-01T00:00:00Z")), 0);
  ASSERT_TRUE(walk.Completed(At("2025-02-01T00:00:00Z")).ok());
  EXPECT_EQ(Walk(year).left().from, At("2025-02-01T00:00:00Z"));
  EXPECT_EQ(Walk(year).AfterWithin(At("2025-02-01T00:00:00Z")), 0);
  ASSERT_TRUE(walk.Completed(year.to).ok());
  EXPECT_EQ(Walk(year).left(), year) << "done, so asking again begins again";
  EXPECT_EQ(Walk().left().from, At("2026-11-27T23:00:00Z"));
}

TEST_F(FetchPartsTest, ADamagedCursorIsNamed) {
  ASSERT_TRUE(blobs_->Put("fetch/airnow.json", "{").ok());
  const auto cursor = LoadCursor(*blobs_, "airnow", "x");
  ASSERT_FALSE(cursor.ok());
  EXPECT_EQ(cursor.error().code(), base::ErrorCode::kDataLoss);
  EXPECT_THAT(cursor.error().message(), testing::HasSubstr("fetch/airnow.json"));
}

ingest::FetchedValues HoursOf(base::Timestamp from, int count, double value,
                              airquality::ParameterCode parameter = 88101) {
  ingest::FetchedValues values;
  airquality::Site site;
  site.id = airquality::SiteId::FromParts(36, 1, 7);
  site.coordinates = airquality::Coordinates{42, -73};
  site.utc_offset = hours(-5);
  values.sites.push_back(site);
  for (int i = 0; i < count; ++i) {
    airquality::Observation hour;
    hour.key = {.site = site.id,
                .parameter = parameter,
                .poc = 0,
                .start = from + hours(i),
                .duration = airquality::Duration::kHour};
    hour.value = airquality::Concentration::FromDouble(value);
    hour.source = airquality::Source::kProvisional;
    values.observations.push_back(hour);
  }
  values.rows = static_cast<std::uint64_t>(count);
  return values;
}

class DayDerivationTest : public FetchPartsTest {
 protected:
  static constexpr std::string_view kMidnight = "2026-11-26T05:00:00Z";  // of 26 November at -5 h

  void Keep(const ingest::FetchedValues& values) {
    ASSERT_TRUE(keeper_.Keep(values, report_).ok());
  }
  store::WriteCounts Derive(std::string_view now) {
    FetchReport report;
    const auto derived =
        keeper_.DeriveDays({At(kMidnight), At(kMidnight) + hours(24)}, At(now), report);
    EXPECT_TRUE(derived.ok()) << derived.error().ToString();
    return report.days;
  }
  std::vector<double> Days() {
    std::vector<double> values;
    EXPECT_TRUE(store_
                    ->Visit({},
                            [&](const store::StoredObservation& stored) {
                              values.push_back(stored.observation.value.value());
                            })
                    .ok());
    return values;
  }

  FetchReport report_;
  ValueKeeper keeper_{"airnow", *store_, std::nullopt};
};

TEST_F(DayDerivationTest, ADayIsMadeOnceItIsOverAndOnlyOnce) {
  Keep(HoursOf(At(kMidnight), 24, 12.5));
  EXPECT_EQ(Derive("2026-11-27T04:59:00Z").observations_new, 0U) << "not over";
  EXPECT_EQ(Derive("2026-11-27T05:00:00Z").observations_new, 1U);
  EXPECT_EQ(Derive("2026-11-27T06:00:00Z"), (store::WriteCounts{.observations_unchanged = 1}));
  EXPECT_THAT(Days(), testing::ElementsAre(12.5));
  const auto coverage = store_->Coverage();
  ASSERT_EQ(coverage->size(), 1U);
  EXPECT_EQ((*coverage)[0].first_day, base::MakeDay(2026, 11, 26)) << "the site's standard day";
}

TEST_F(DayDerivationTest, ACorrectedHourMakesANewVersionThatCounts) {
  Keep(HoursOf(At(kMidnight), 24, 10));
  EXPECT_EQ(Derive("2026-11-28T00:00:00Z").observations_new, 1U);
  clock_.Advance(hours(1));
  Keep(HoursOf(At(kMidnight), 12, 4));
  EXPECT_EQ(Derive("2026-11-28T00:00:00Z").observations_replaced, 1U);
  std::vector<airquality::DailyCandidate> candidates;
  std::vector<std::string> origins;
  origins.reserve(2);
  EXPECT_TRUE(store_
                  ->Visit({},
                          [&](const store::StoredObservation& stored) {
                            origins.emplace_back(stored.origin);
                            candidates.push_back({.parameter = 88101,
                                                  .statistic = stored.observation.key.statistic,
                                                  .source = stored.observation.source,
                                                  .completeness = stored.observation.completeness,
                                                  .value = stored.observation.value,
                                                  .origin = origins.back()});
                          })
                  .ok());
  EXPECT_EQ(airquality::DailyValue(airquality::Pollutant::kPm25, candidates), 7.0)
      << "the lower value came later, so it is the one";
}

TEST_F(DayDerivationTest, TooFewHoursAreNoDay) {
  Keep(HoursOf(At(kMidnight), 17, 10));
  EXPECT_EQ(Derive("2026-11-28T00:00:00Z").observations_new, 0U);
  Keep(HoursOf(At(kMidnight) + hours(17), 1, 10));
  EXPECT_EQ(Derive("2026-11-28T00:00:00Z").observations_new, 1U);
}

TEST_F(DayDerivationTest, OzoneHasItsEightHoursIntoTheNextMorningAndItsHighestHour) {
  Keep(HoursOf(At(kMidnight), 31, 0.04, 44201));
  EXPECT_EQ(Derive("2026-11-27T05:00:00Z").observations_new, 1U) << "the highest hour";
  EXPECT_EQ(Derive("2026-11-27T11:59:00Z").observations_new, 0U);
  EXPECT_EQ(Derive("2026-11-27T12:00:00Z").observations_new, 1U) << "the 8-hour maximum";
}

TEST_F(DayDerivationTest, HoursOfAnotherSourceAreLeftAlone) {
  ValueKeeper other("openaq", *store_, std::nullopt);
  ASSERT_TRUE(other.Keep(HoursOf(At(kMidnight), 24, 10), report_).ok());
  EXPECT_EQ(Derive("2026-11-28T00:00:00Z").observations_new, 0U);
}

}  // namespace
}  // namespace geoclimate::fetch
