#pragma once

// Part of observation_store_conformance.h: what reads give, and what they see while others write.

#include <atomic>
#include <random>
#include <thread>
#include <tuple>

#include "geoclimate/airquality/daily_value.h"
#include "geoclimate/store/observation_store_fixture.h"

namespace geoclimate::store {

// Observations of few sites, series and days, so that keys meet.
inline std::vector<airquality::Observation> RandomObservations(std::mt19937& random, int count) {
  static constexpr airquality::ParameterCode kParameters[] = {88101, 88502, 44201, 42101, 81102};
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  std::vector<airquality::Observation> rows;
  for (int i = 0; i < count; ++i) {
    airquality::Observation row;
    row.key.site = airquality::SiteId::FromParts(6, 37, 1 + below(5));
    row.key.parameter = kParameters[below(5)];
    row.key.poc = static_cast<std::uint16_t>(1 + below(2));
    row.key.start = base::DayStart(base::DayFromNumber(static_cast<int>(below(40)) - 20),
                                   std::chrono::hours(-8));
    row.key.duration = below(6) == 0 ? airquality::Duration::kHour : airquality::Duration::kDay;
    row.key.statistic = static_cast<airquality::Statistic>(below(3));
    row.key.event = static_cast<airquality::EventStatus>(below(8) == 0 ? 1 : 0);
    row.value = airquality::Concentration::FromMicro(1000 * static_cast<int>(below(4)) - 1000);
    row.source = static_cast<airquality::Source>(below(2));
    static constexpr std::uint8_t kCompleteness[] = {100, 74, airquality::kCompletenessUnknown};
    row.completeness = kCompleteness[below(3)];
    row.monitor = static_cast<airquality::MonitorKind>(below(2));
    rows.push_back(row);
  }
  return rows;
}

inline auto VisitOrder(const StoredObservation& stored) {
  const airquality::Observation& o = stored.observation;
  return std::tuple(o.key.site, *airquality::PollutantOf(o.key.parameter), o.key.start,
                    o.key.parameter, o.key.poc, o.key.duration, o.key.statistic, o.key.event,
                    stored.received_at, o.source, o.value, o.completeness);
}

TEST_P(ObservationStoreConformance, VisitsInThePromisedOrder) {
  std::mt19937 random(1);
  PutFiveSites();
  for (int batch = 0; batch < 8; ++batch) {
    MustWrite("file " + std::to_string(batch % 3), RandomObservations(random, 200));
    // Two transactions of one moment, now and then.
    if (batch % 3 != 0) clock_.Advance(std::chrono::seconds(1));
  }
  const std::vector<StoredObservation> all = Stored();
  ASSERT_GT(all.size(), 800u);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, VisitOrder));
}

TEST_P(ObservationStoreConformance, EachFieldOfAQueryRestricts) {
  std::mt19937 random(2);
  PutFiveSites();
  std::vector<base::Timestamp> moments;
  for (int batch = 0; batch < 4; ++batch) {
    MustWrite("file", RandomObservations(random, 300));
    moments.push_back(clock_.Now());
    clock_.Advance(std::chrono::hours(1));
  }
  const std::vector<StoredObservation> all = Stored();
  const auto maybe = [&](auto value) {
    return random() % 2 == 0 ? std::optional(value) : std::nullopt;
  };
  for (int round = 0; round < 60; ++round) {
    ObservationQuery query;
    query.pollutant = maybe(airquality::kPollutants[random() % 6]);
    query.site = maybe(SiteAt(1 + static_cast<std::uint32_t>(random() % 6)));
    query.duration = maybe(static_cast<airquality::Duration>(random() % 2));
    // Off the whole minute too: the range is one of moments.
    const base::Timestamp start = base::DayStart(
        base::DayFromNumber(static_cast<int>(random() % 40) - 20), std::chrono::hours(-8));
    query.from = maybe(start + std::chrono::microseconds(random() % 2));
    query.to =
        maybe(start + std::chrono::days(random() % 10) + std::chrono::microseconds(random() % 2));
    query.received_by = maybe(moments[random() % 4] - std::chrono::microseconds(random() % 2));
    std::size_t expected = 0;
    for (const StoredObservation& stored : all) {
      const airquality::ObservationKey& key = stored.observation.key;
      const bool wanted = query.pollutant.value_or(*airquality::PollutantOf(key.parameter)) ==
                              airquality::PollutantOf(key.parameter) &&
                          query.site.value_or(key.site) == key.site &&
                          query.duration.value_or(key.duration) == key.duration &&
                          query.from.value_or(key.start) <= key.start &&
                          (!query.to || key.start < *query.to) &&
                          query.received_by.value_or(stored.received_at) >= stored.received_at;
      if (wanted) ++expected;
    }
    EXPECT_EQ(Visit(query).size(), expected) << "round " << round;
  }
}

TEST_P(ObservationStoreConformance, AReadAsOfAMomentShowsTheStoreAsItWas) {
  PutFiveSites();
  ObservationQuery before_all;
  before_all.received_by = clock_.Now() - std::chrono::seconds(1);
  ObservationQuery first;
  first.received_by = clock_.Now();
  MustWrite("a", {MakeDaily(1, 0, 5), MakeDaily(1, 1, 6)});
  const Lines then = Visit(first);
  EXPECT_EQ(then.size(), 2u);
  clock_.Advance(std::chrono::hours(1));
  MustWrite("b", {MakeDaily(1, 0, 5.5), MakeDaily(1, 2, 7)});
  EXPECT_EQ(Visit(first), then);
  EXPECT_TRUE(Visit(before_all).empty());
  EXPECT_EQ(VisitAll().size(), 4u);
}

TEST_P(ObservationStoreConformance, CoverageIsWhatDailyValueGives) {
  std::mt19937 random(3);
  PutFiveSites();
  for (int batch = 0; batch < 6; ++batch) MustWrite("file", RandomObservations(random, 60));

  std::map<std::tuple<SiteId, airquality::Pollutant, base::LocalDay>,
           std::vector<airquality::DailyCandidate>>
      days;
  for (const StoredObservation& stored : Stored()) {
    const Observation& o = stored.observation;
    if (o.key.duration != airquality::Duration::kDay) continue;
    days[{o.key.site, *airquality::PollutantOf(o.key.parameter),
          base::DayOf(o.key.start, std::chrono::hours(-8))}]
        .push_back({o.key.parameter, o.key.poc, o.key.statistic, o.key.event, o.source,
                    o.completeness, o.value, "file"});
  }
  std::vector<SiteCoverage> expected;
  for (const auto& [key, candidates] : days) {
    const auto& [site, pollutant, day] = key;
    if (!airquality::DailyValue(pollutant, candidates)) continue;
    if (expected.empty() || expected.back().site != site ||
        expected.back().pollutant != pollutant) {
      expected.push_back({site, pollutant, day, day, 0});
    }
    expected.back().last_day = day;
    ++expected.back().days;
  }
  ASSERT_GT(expected.size(), 10u);
  Reopen();
  const auto coverage = store_->Coverage();
  ASSERT_TRUE(coverage.ok());
  EXPECT_EQ(*coverage, expected);
  const auto newest = store_->NewestDay();
  ASSERT_TRUE(newest.ok());
  EXPECT_EQ(*newest, std::ranges::max(expected, {}, &SiteCoverage::last_day).last_day);
}

TEST_P(ObservationStoreConformance, CoverageFollowsTheSitesOffset) {
  // A file without coordinates first: the site's days were taken as UTC's.
  Site unplaced = MakeSite(1, std::chrono::minutes(0));
  unplaced.coordinates.reset();
  ASSERT_TRUE(Write("z", std::span(&unplaced, 1), {}).ok());
  Observation evening = MakeDaily(1, 10, 5);
  evening.key.start += std::chrono::hours(20);  // the next day in UTC
  evening.key.poc = 2;
  MustWrite("z", {MakeDaily(1, 10, 5), evening});
  EXPECT_EQ(store_->Coverage()->at(0).days, 2u);

  const Site placed = MakeSite(1, std::chrono::hours(-8));
  ASSERT_TRUE(Write("a", std::span(&placed, 1), {}).ok());
  const auto coverage = store_->Coverage();
  ASSERT_TRUE(coverage.ok());
  ASSERT_EQ(coverage->size(), 1u);
  EXPECT_EQ(coverage->at(0).first_day, base::DayFromNumber(10));
  EXPECT_EQ(coverage->at(0).last_day, base::DayFromNumber(10));
  EXPECT_EQ(coverage->at(0).days, 1u);
}

TEST_P(ObservationStoreConformance, AVisitDoesNotSeeWhatIsCommittedMeanwhile) {
  PutFiveSites();
  MustWrite("a", {MakeDaily(1, 0, 5), MakeDaily(3, 0, 6)});
  std::size_t seen = 0;
  ObservationQuery query;
  const auto visited = store_->Visit(query, [&](const StoredObservation&) {
    if (seen++ > 0) return;
    // From another thread, as a server would: behind the place of the visit, and before it.
    std::thread writer([&] {
      const std::vector<Observation> rows = {MakeDaily(2, 0, 7), MakeDaily(4, 0, 7),
                                             MakeDaily(3, 0, 8)};
      EXPECT_TRUE(Write("b", {}, rows).ok());
    });
    writer.join();
  });
  ASSERT_TRUE(visited.ok());
  EXPECT_EQ(seen, 2u);
  EXPECT_EQ(VisitAll().size(), 5u);
}

TEST_P(ObservationStoreConformance, ManyReadersSeeWholeTransactionsWhileManyWrite) {
  constexpr int kWriters = 3;
  constexpr int kTransactions = 15;
  constexpr int kRows = 40;
  PutFiveSites();
  std::atomic<int> writing = kWriters;
  std::vector<std::thread> threads;
  threads.reserve(kWriters + 2);
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      for (int t = 0; t < kTransactions; ++t) {
        std::vector<Observation> rows;
        rows.reserve(kRows);
        for (int r = 0; r < kRows; ++r) {
          rows.push_back(MakeDaily(1 + static_cast<std::uint32_t>(r % 5),
                                   (w * kTransactions + t) * kRows + r, 1 + r));
        }
        const auto counts = Write("writer " + std::to_string(w), {}, rows);
        EXPECT_TRUE(counts.ok()) << counts.error().ToString();
      }
      --writing;
    });
  }
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&] {
      std::size_t before = 0;
      bool last_round = false;
      while (!last_round) {
        last_round = writing == 0;
        std::size_t rows = 0;
        EXPECT_TRUE(store_->Visit({}, [&](const StoredObservation&) { ++rows; }).ok());
        EXPECT_EQ(rows % kRows, 0u);
        EXPECT_GE(rows, before);
        before = rows;
        EXPECT_TRUE(store_->Coverage().ok());
        EXPECT_TRUE(store_->Generation().ok());
      }
      EXPECT_EQ(before, static_cast<std::size_t>(kWriters * kTransactions * kRows));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(ObservationStoreConformance, TwoOpenStoresOfOneDatabaseSeeEachOthersCommits) {
  PutFiveSites();
  auto other = place_->Open(clock_);
  ASSERT_TRUE(other.ok());
  for (int round = 0; round < 4; ++round) {
    // Both add to the same series, and each adds an origin of its own.
    const std::vector<Observation> mine = {MakeDaily(1, 2 * round, 5), MakeDaily(2, round, 5)};
    const std::vector<Observation> theirs = {MakeDaily(1, 2 * round + 1, 5),
                                             MakeDaily(3, round, 5)};
    ASSERT_TRUE(WriteTo(*store_, "mine " + std::to_string(round), {}, mine).ok());
    const auto counts = WriteTo(**other, "theirs " + std::to_string(round), {}, theirs);
    ASSERT_TRUE(counts.ok());
    EXPECT_EQ(*counts, (WriteCounts{2, 0, 0}));
    EXPECT_EQ(*(*other)->Generation(), Generation());
  }
  EXPECT_EQ(VisitAll().size(), 16u);
  EXPECT_EQ(Dump(**other, ReceivedAt::kShown), Dump(*store_, ReceivedAt::kShown));
}

}  // namespace geoclimate::store
