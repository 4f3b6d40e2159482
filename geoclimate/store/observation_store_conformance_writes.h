#pragma once

// Part of observation_store_conformance.h: what a transaction keeps, refuses and counts.

#include "geoclimate/store/observation_store_fixture.h"

namespace geoclimate::store {

TEST_P(ObservationStoreConformance, ANewStoreIsEmpty) {
  EXPECT_TRUE(Dump(*store_, ReceivedAt::kShown).empty());
  EXPECT_EQ(Generation(), 0u);
  const auto newest = store_->NewestDay();
  ASSERT_TRUE(newest.ok());
  EXPECT_FALSE(newest->has_value());
}

TEST_P(ObservationStoreConformance, KeepsEveryFieldOfAnObservationAndItsSite) {
  Site site = MakeSite(7, std::chrono::minutes(-210));
  site.county = "Los Angeles";
  site.state = "California";
  site.cbsa = "Los Angeles-Long Beach-Anaheim, CA";
  Observation hourly;
  hourly.key = {site.id,
                kOzone,
                65'535,
                base::Timestamp(std::chrono::minutes(-12'345)),
                airquality::Duration::kHour,
                airquality::Statistic::kMax1Hour,
                airquality::EventStatus::kExcluded};
  hourly.value = airquality::Concentration::FromMicro(-2'118);
  hourly.source = airquality::Source::kProvisional;
  hourly.completeness = airquality::kCompletenessUnknown;
  hourly.monitor = airquality::MonitorKind::kFilter;
  Observation extreme = MakeDaily(7, 40'000, 0);
  extreme.value = airquality::Concentration::FromMicro(8'999'999'999'999);
  extreme.completeness = 0;

  const std::vector<Observation> both = {hourly, extreme};
  const auto counts = Write("ca/file, \"odd\" naïve.csv", std::span(&site, 1), both);
  ASSERT_TRUE(counts.ok()) << counts.error().ToString();
  EXPECT_EQ(*counts, (WriteCounts{2, 0, 0}));
  Reopen();

  const auto sites = store_->Sites();
  ASSERT_TRUE(sites.ok());
  ASSERT_EQ(sites->size(), 1u);
  EXPECT_EQ(DumpLine(sites->front()), DumpLine(site));

  ObservationQuery everything;
  everything.duration.reset();
  std::vector<Observation> read;
  ASSERT_TRUE(store_
                  ->Visit(everything,
                          [&](const StoredObservation& stored) {
                            EXPECT_EQ(stored.origin, "ca/file, \"odd\" naïve.csv");
                            EXPECT_EQ(stored.received_at, clock_.Now());
                            EXPECT_EQ(stored.available_at,
                                      airquality::AvailableAt(stored.observation.key,
                                                              stored.observation.monitor));
                            read.push_back(stored.observation);
                          })
                  .ok());
  ASSERT_EQ(read.size(), 2u);
  // PM2.5 comes before ozone.
  for (const auto& [got, expected] : {std::pair(read[0], extreme), std::pair(read[1], hourly)}) {
    EXPECT_EQ(got.key, expected.key);
    EXPECT_EQ(got.value, expected.value);
    EXPECT_EQ(got.source, expected.source);
    EXPECT_EQ(got.completeness, expected.completeness);
    EXPECT_EQ(got.monitor, expected.monitor);
  }
}

TEST_P(ObservationStoreConformance, TheSameTransactionAgainChangesNothing) {
  PutFiveSites();
  const std::vector<Observation> rows = {MakeDaily(1, 0, 5), MakeDaily(1, 1, 6),
                                         MakeDaily(2, 0, 7)};
  EXPECT_EQ(MustWrite("a", rows), (WriteCounts{3, 0, 0}));
  const Lines before = Dump(*store_, ReceivedAt::kShown);
  const std::uint64_t generation = Generation();
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(MustWrite("a", rows), (WriteCounts{0, 0, 3}));
  PutFiveSites();
  EXPECT_EQ(Dump(*store_, ReceivedAt::kShown), before);
  EXPECT_EQ(Generation(), generation);
}

TEST_P(ObservationStoreConformance, AnotherValueSourceOrCompletenessIsAVersionBesideTheOld) {
  PutFiveSites();
  MustWrite("a", {MakeDaily(1, 0, 5)});
  Observation provisional = MakeDaily(1, 0, 5);
  provisional.source = airquality::Source::kProvisional;
  Observation partial = MakeDaily(1, 0, 5);
  partial.completeness = 50;
  EXPECT_EQ(MustWrite("a", {MakeDaily(1, 0, 4)}), (WriteCounts{0, 1, 0}));
  EXPECT_EQ(MustWrite("a", {provisional, partial}), (WriteCounts{0, 2, 0}));
  EXPECT_EQ(VisitAll().size(), 4u);
}

TEST_P(ObservationStoreConformance, EveryPartOfTheKeyMakesAnotherObservation) {
  PutFiveSites();
  std::vector<Observation> rows(8, MakeDaily(1, 0, 5));
  rows[1].key.site = SiteAt(2);
  rows[2].key.parameter = 88502;
  rows[3].key.poc = 2;
  rows[4].key.start += std::chrono::minutes(1);
  rows[5].key.duration = airquality::Duration::kHour;
  rows[6].key.statistic = airquality::Statistic::kMax8Hour;
  rows[7].key.event = airquality::EventStatus::kExcluded;
  EXPECT_EQ(MustWrite("a", rows), (WriteCounts{8, 0, 0}));
  EXPECT_EQ(MustWrite("a", rows), (WriteCounts{0, 0, 8}));
}

TEST_P(ObservationStoreConformance, CountsRowsThatOneTransactionRepeats) {
  PutFiveSites();
  EXPECT_EQ(MustWrite("a", {MakeDaily(1, 0, 5), MakeDaily(1, 0, 6), MakeDaily(1, 0, 5)}),
            (WriteCounts{1, 1, 1}));
  EXPECT_EQ(VisitAll().size(), 2u);
}

TEST_P(ObservationStoreConformance, TheGreaterOriginInByteOrderStays) {
  PutFiveSites();
  for (const std::string_view origin : {"b", "a", "\xc3\xa9", "c"}) {
    MustWrite(origin, {MakeDaily(1, 0, 5)});
  }
  const Lines lines = VisitAll();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("from \xc3\xa9 "), std::string::npos) << lines[0];
}

TEST_P(ObservationStoreConformance, AFilterStaysAFilterAndTheEarliestFloorCounts) {
  PutFiveSites();
  Observation row = MakeDaily(1, 0, 5);
  const auto lag = [&] { return Stored().at(0).available_at - row.key.start; };
  const auto late = row.key.start + std::chrono::days(100);
  MustWrite("a", {row}, late);
  EXPECT_EQ(lag(), std::chrono::days(100));
  row.monitor = airquality::MonitorKind::kFilter;
  MustWrite("a", {row}, late - std::chrono::days(10));
  row.monitor = airquality::MonitorKind::kContinuous;
  MustWrite("a", {row}, late);
  EXPECT_EQ(lag(), std::chrono::days(90));
  EXPECT_EQ(Stored().at(0).observation.monitor, airquality::MonitorKind::kFilter);
  MustWrite("a", {row});
  EXPECT_EQ(Stored().at(0).available_at,
            airquality::AvailableAt(row.key, airquality::MonitorKind::kFilter));
}

TEST_P(ObservationStoreConformance, AWriterThatGoesWithoutCommitLeavesNothing) {
  PutFiveSites();
  MustWrite("a", {MakeDaily(1, 0, 5)});
  const Lines before = Dump(*store_, ReceivedAt::kShown);
  const std::uint64_t generation = Generation();
  {
    auto writer = store_->BeginWrite("b");
    ASSERT_TRUE(writer.ok());
    const Site site = MakeSite(99);
    std::vector<Observation> rows;
    rows.reserve(101);
    for (int day = 0; day < 100; ++day) rows.push_back(MakeDaily(99, day, 1));
    rows.push_back(MakeDaily(1, 0, 8));
    ASSERT_TRUE((*writer)->PutSites(std::span(&site, 1)).ok());
    ASSERT_TRUE((*writer)->Append(rows, std::nullopt).ok());
  }
  EXPECT_EQ(Dump(*store_, ReceivedAt::kShown), before);
  EXPECT_EQ(Generation(), generation);
  // And the store writes on.
  EXPECT_EQ(MustWrite("b", {MakeDaily(1, 0, 8)}), (WriteCounts{0, 1, 0}));
  Reopen();
  EXPECT_EQ(VisitAll().size(), 2u);
}

TEST_P(ObservationStoreConformance, WritersThatCommitTogetherLeaveWhatTheyWouldOneByOne) {
  PutFiveSites();
  // The second has gathered more than a small buffer takes, so it may hold the lock already.
  std::vector<Observation> many;
  many.reserve(40);
  for (int day = 0; day < 40; ++day) many.push_back(MakeDaily(2, day, 5));
  const std::vector<std::vector<Observation>> rows = {
      {MakeDaily(1, 0, 5), MakeDaily(1, 1, 6)}, many, {}, {MakeDaily(1, 0, 5), MakeDaily(1, 1, 7)}};
  std::vector<std::unique_ptr<ObservationWriter>> writers;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto writer = store_->BeginWrite(std::string(1, static_cast<char>('a' + i)));
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->Append(rows[i], std::nullopt).ok());
    writers.push_back(*std::move(writer));
  }
  const auto counts = store_->CommitTogether(writers);
  ASSERT_TRUE(counts.ok()) << counts.error().ToString();
  EXPECT_EQ(*counts, (std::vector<WriteCounts>{{2, 0, 0}, {40, 0, 0}, {0, 0, 0}, {0, 1, 1}}));
  writers.clear();
  const Lines together = Sorted(Dump(*store_, ReceivedAt::kLeftOut));
  EXPECT_EQ(together.size(), 5u + 43u + 2u);

  const std::unique_ptr<StorePlace> other_place = GetParam()();
  const auto other = *other_place->Open(clock_);
  std::vector<Site> sites;
  for (std::uint32_t number = 1; number <= 5; ++number) sites.push_back(MakeSite(number));
  ASSERT_TRUE(WriteTo(*other, "sites", sites, {}).ok());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ASSERT_TRUE(WriteTo(*other, std::string(1, static_cast<char>('a' + i)), {}, rows[i]).ok());
  }
  EXPECT_EQ(Sorted(Dump(*other, ReceivedAt::kLeftOut)), together);
  EXPECT_TRUE(store_->CommitTogether({}).ok());
}

TEST_P(ObservationStoreConformance, OneOfTheWritersThatCommitTogetherFailsAll) {
  PutFiveSites();
  const Lines before = Dump(*store_, ReceivedAt::kShown);
  const std::uint64_t generation = Generation();
  std::vector<std::unique_ptr<ObservationWriter>> writers;
  for (const std::uint32_t site : {1u, 77u, 2u}) {
    const Observation row = MakeDaily(site, 0, 5);
    auto writer = store_->BeginWrite("a");
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->Append(std::span(&row, 1), std::nullopt).ok());
    writers.push_back(*std::move(writer));
  }
  const auto counts = store_->CommitTogether(writers);
  ASSERT_FALSE(counts.ok());
  EXPECT_EQ(counts.error().code(), base::ErrorCode::kFailedPrecondition);
  writers.clear();
  EXPECT_EQ(Dump(*store_, ReceivedAt::kShown), before);
  EXPECT_EQ(Generation(), generation);
  EXPECT_EQ(MustWrite("a", {MakeDaily(1, 0, 5)}), (WriteCounts{1, 0, 0}));
}

TEST_P(ObservationStoreConformance, RefusesAnObservationOfASiteThatWasNotPut) {
  PutFiveSites();
  const Lines before = Dump(*store_, ReceivedAt::kShown);
  const std::vector<Observation> rows = {MakeDaily(1, 0, 5), MakeDaily(77, 0, 5)};
  const auto counts = Write("a", {}, rows);
  ASSERT_FALSE(counts.ok());
  EXPECT_EQ(counts.error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_NE(counts.error().message().find("06-037-0077"), std::string::npos)
      << counts.error().message();
  EXPECT_EQ(Dump(*store_, ReceivedAt::kShown), before);
}

TEST_P(ObservationStoreConformance, RefusesWhatCannotBeKeptAndNamesIt) {
  PutFiveSites();
  Observation lead = MakeDaily(1, 0, 5);
  lead.key.parameter = 14129;
  Observation half_minute = MakeDaily(1, 0, 5);
  half_minute.key.start += std::chrono::seconds(30);
  Observation ancient = MakeDaily(1, -40'000, 5);
  Observation remote = MakeDaily(1, 90'000, 5);
  for (const Observation& bad : {lead, half_minute, ancient, remote}) {
    const std::vector<Observation> rows = {MakeDaily(1, 0, 5), bad};
    const auto counts = Write("a", {}, rows);
    ASSERT_FALSE(counts.ok());
    EXPECT_EQ(counts.error().code(), base::ErrorCode::kInvalidArgument);
    EXPECT_NE(counts.error().message().find("06-037-0001"), std::string::npos)
        << counts.error().message();
  }
  Site nowhere = MakeSite(1);
  nowhere.coordinates->latitude = std::nan("");
  EXPECT_EQ(Write("a", std::span(&nowhere, 1), {}).error().code(),
            base::ErrorCode::kInvalidArgument);
  EXPECT_TRUE(VisitAll().empty());
}

TEST_P(ObservationStoreConformance, RefusesAnEmptyOrAHugeOrigin) {
  for (const std::string& origin : {std::string(), std::string(4097, 'x')}) {
    const auto writer = store_->BeginWrite(origin);
    ASSERT_FALSE(writer.ok());
    EXPECT_EQ(writer.error().code(), base::ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(store_->BeginWrite(std::string(4096, 'x')).ok());
}

TEST_P(ObservationStoreConformance, ACommitOfNothingIsNoChange) {
  const auto counts = Write("a", {}, {});
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(*counts, WriteCounts{});
  EXPECT_EQ(Generation(), 0u);
}

TEST_P(ObservationStoreConformance, TheGenerationGrowsWithEachChangeAndSurvivesARestart) {
  PutFiveSites();
  const std::uint64_t sites = Generation();
  EXPECT_GT(sites, 0u);
  MustWrite("a", {MakeDaily(1, 0, 5)});
  const std::uint64_t rows = Generation();
  EXPECT_GT(rows, sites);
  MustWrite("b", {MakeDaily(1, 0, 5)});  // only its origin changes
  const std::uint64_t origin = Generation();
  EXPECT_GT(origin, rows);
  Reopen();
  EXPECT_EQ(Generation(), origin);
}

TEST_P(ObservationStoreConformance, ReceivedAtNeverFallsWhenTheClockGoesBack) {
  PutFiveSites();
  clock_.Advance(std::chrono::hours(10));
  const base::Timestamp later = clock_.Now();
  MustWrite("a", {MakeDaily(1, 0, 5)});
  clock_.Advance(std::chrono::hours(-5));
  MustWrite("a", {MakeDaily(1, 1, 5)});
  EXPECT_EQ(Stored().at(0).received_at, later);
  EXPECT_EQ(Stored().at(1).received_at, later);
}

}  // namespace geoclimate::store
