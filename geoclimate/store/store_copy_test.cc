#include "geoclimate/store/store_copy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "geoclimate/store/postgres/postgres_store.h"
#include "geoclimate/store/postgres/testing/postgres_server.h"
#include "geoclimate/store/sqlite/sqlite_store.h"
#include "geoclimate/store/sqlite/temporary_folder.h"
#include "geoclimate/store/store_dump.h"

namespace geoclimate::store {
namespace {

class StoreCopy : public ::testing::Test {
 protected:
  StoreCopy() {
    source_ = *OpenSqliteStores(folder_ / "source.db", {}, clock_);
    PostgresOptions options;
    options.url = database_.url();
    target_ = *OpenPostgresStores(options, replay_);
  }
  StoreSides Source() {
    return {*source_.observations, *source_.issued_forecasts, *source_.api_keys, *source_.audit};
  }
  StoreSides Target() {
    return {*target_.observations, *target_.issued_forecasts, *target_.api_keys, *target_.audit};
  }

  // Several origins that say different things of few sites, at different moments.
  void FillSource() {
    std::mt19937 random(3);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    for (int transaction = 0; transaction < 12; ++transaction) {
      auto writer = *source_.observations->BeginWrite("file " + std::to_string(below(6)));
      std::vector<airquality::Observation> rows;
      std::vector<airquality::Site> sites;
      for (std::uint32_t number = 1; number <= 4; ++number) {
        airquality::Site& site = sites.emplace_back();
        site.id = airquality::SiteId::FromParts(6, 37, number);
        site.name = below(2) == 0 ? "" : "Name " + std::to_string(below(3));
        if (below(2) == 0) site.coordinates = airquality::Coordinates{34.1, -118.0};
        site.utc_offset = std::chrono::hours(site.coordinates ? -8 : 0);
        for (int i = 0; i < 20; ++i) {
          airquality::Observation& row = rows.emplace_back();
          row.key.site = site.id;
          row.key.parameter = below(2) == 0 ? 88101 : 44201;
          row.key.start = base::DayStart(base::DayFromNumber(static_cast<int>(below(30))),
                                         std::chrono::hours(-8));
          row.key.statistic =
              below(2) == 0 ? airquality::Statistic::kMean : airquality::Statistic::kMax8Hour;
          row.value = airquality::Concentration::FromMicro(static_cast<int>(below(3)));
          row.monitor = static_cast<airquality::MonitorKind>(below(2));
        }
      }
      ASSERT_TRUE(writer->PutSites(sites).ok());
      const std::size_t half = rows.size() / 2;
      ASSERT_TRUE(writer->Append(std::span(rows).first(half), std::nullopt).ok());
      ASSERT_TRUE(writer
                      ->Append(std::span(rows).subspan(half),
                               base::Timestamp(std::chrono::days(below(100))))
                      .ok());
      ASSERT_TRUE(writer->Commit().ok());
      if (below(3) != 0) clock_.Advance(std::chrono::hours(1));
    }
    std::vector<airquality::IssuedForecast> forecasts;
    for (int i = 0; i < 40; ++i) {
      airquality::IssuedForecast& one = forecasts.emplace_back();
      one.site = airquality::SiteId::FromParts(6, 37, below(3));
      one.issue_day = base::DayFromNumber(static_cast<int>(below(5)));
      one.issued_at = base::Timestamp(std::chrono::hours(below(9)));
      one.model_id = "model " + std::to_string(below(3));
      one.mean = static_cast<float>(below(50)) / 3.0F;
    }
    ASSERT_TRUE(source_.issued_forecasts->Put(forecasts).ok());
    FillAccess();
  }

  // Keys in every state, what they did, and an audit.
  void FillAccess() {
    ApiKeyStore& keys = *source_.api_keys;
    for (int i = 0; i < 4; ++i) {
      ApiKeyRecord key;
      key.prefix = "gsc_" + std::to_string(i);
      key.name = "the \"city\" of Zo\xc3\xab";
      key.digest = formats::Sha256(key.prefix);
      key.scopes = "read";
      key.created_at = clock_.Now() + std::chrono::microseconds(i);
      if (i % 2 == 0) key.expires_at = clock_.Now() + std::chrono::hours(i);
      key.daily_rows = 10'000'000'000;
      const auto added = i < 3 ? keys.Add(key) : keys.Rotate("gsc_0", key, clock_.Now());
      ASSERT_TRUE(added.ok()) << added.error().ToString();
    }
    ASSERT_TRUE(keys.Revoke("gsc_1", clock_.Now()).ok());
    const base::LocalDay day = base::DayFromNumber(20'000);
    ASSERT_TRUE(keys.RecordUse({.recorder = "r",
                                .number = 1,
                                .uses = {{"gsc_0", clock_.Now(), day, 7, 70},
                                         {"gsc_0", clock_.Now(), base::DayFromNumber(9), 1, 2},
                                         {"gsc_2", clock_.Now(), day, 1, 1}}})
                    .ok());
    for (int i = 0; i < 5000; ++i) {
      AuditRecord record;
      record.actor = "user \xc3\xa9 'x'";
      record.subject = std::to_string(i);
      record.outcome = "done";
      if (i > 4990) record.at = clock_.Now() - std::chrono::hours(i);
      ASSERT_TRUE(source_.audit->Append(record).ok());
    }
  }

  base::FakeClock clock_{base::Timestamp(std::chrono::days(20'000))};
  ReplayClock replay_;
  sqlite::TemporaryFolder folder_;
  postgres::TestDatabase database_;
  Stores source_;
  Stores target_;
};

TEST_F(StoreCopy, ShowsWhatTheSourceDoesAndBack) {
  FillSource();
  CopyProgress progress;
  ASSERT_TRUE(CopyStore(Source(), Target(), replay_, progress).ok());
  const auto from = ReadContent(Source());
  const auto to = ReadContent(Target());
  ASSERT_TRUE(from.ok() && to.ok());
  EXPECT_GT(from->versions.count, 500U);
  EXPECT_EQ(progress.versions, from->versions.count);
  EXPECT_EQ(progress.versions_copied, from->versions.count);
  EXPECT_GT(from->site_versions.count, from->sites.count);
  EXPECT_EQ(from->forecasts.count, progress.forecasts_copied);
  EXPECT_EQ(from->api_keys.count, 4U);
  EXPECT_EQ(from->api_key_days.count, 3U);
  EXPECT_EQ(from->audit.count, 5000U);
  EXPECT_TRUE(*from == *to);
  EXPECT_EQ(Dump(*target_.observations, ReceivedAt::kShown),
            Dump(*source_.observations, ReceivedAt::kShown));

  const Stores back = *OpenSqliteStores(folder_ / "back.db", {}, replay_);
  const StoreSides sides{*back.observations, *back.issued_forecasts, *back.api_keys, *back.audit};
  ASSERT_TRUE(CopyStore(Target(), sides, replay_, progress).ok());
  EXPECT_TRUE(*ReadContent(sides) == *from);
}

TEST_F(StoreCopy, ASecondTimeChangesNothing) {
  FillSource();
  CopyProgress progress;
  ASSERT_TRUE(CopyStore(Source(), Target(), replay_, progress).ok());
  const std::uint64_t generation = *target_.observations->Generation();
  ASSERT_TRUE(CopyStore(Source(), Target(), replay_, progress).ok());
  EXPECT_EQ(*target_.observations->Generation(), generation);
}

// Ids that were copied are not given out again.
TEST_F(StoreCopy, TheAuditGoesOnInTheTarget) {
  FillSource();
  CopyProgress progress;
  ASSERT_TRUE(CopyStore(Source(), Target(), replay_, progress).ok());
  const auto id = target_.audit->Append({});
  ASSERT_TRUE(id.ok()) << id.error().ToString();
  EXPECT_GT(*id, 5000);
  const auto newest = target_.audit->List({.before = std::nullopt, .limit = 1});
  EXPECT_EQ(newest->front().id, *id);
  EXPECT_FALSE(*ReadContent(Source()) == *ReadContent(Target()));
}

// Made again after the source has changed, before anybody uses the target.
TEST_F(StoreCopy, KeysBecomeWhatTheSourceSays) {
  FillSource();
  CopyProgress progress;
  ASSERT_TRUE(CopyStore(Source(), Target(), replay_, progress).ok());
  const std::int64_t revision = *target_.api_keys->Revision();
  ASSERT_TRUE(source_.api_keys->Revoke("gsc_2", clock_.Now()).ok());
  ASSERT_TRUE(CopyStore(Source(), Target(), replay_, progress).ok());
  EXPECT_TRUE(*ReadContent(Source()) == *ReadContent(Target()));
  EXPECT_GT(*target_.api_keys->Revision(), revision);
}

TEST_F(StoreCopy, TellsADifferenceOfOneVersion) {
  FillSource();
  CopyProgress progress;
  ASSERT_TRUE(CopyStore(Source(), Target(), replay_, progress).ok());
  airquality::Observation row;
  row.key.site = airquality::SiteId::FromParts(6, 37, 1);
  row.key.parameter = 88101;
  row.value = airquality::Concentration::FromMicro(77);
  auto writer = *target_.observations->BeginWrite("other");
  ASSERT_TRUE(writer->Append(std::span(&row, 1), std::nullopt).ok());
  ASSERT_TRUE(writer->Commit().ok());
  EXPECT_FALSE(*ReadContent(Source()) == *ReadContent(Target()));
}

TEST_F(StoreCopy, OfNothingIsNothing) {
  CopyProgress progress;
  ASSERT_TRUE(CopyStore(Source(), Target(), replay_, progress).ok());
  EXPECT_TRUE(*ReadContent(Source()) == *ReadContent(Target()));
  EXPECT_EQ(*target_.observations->Generation(), 0U);
}

}  // namespace
}  // namespace geoclimate::store
