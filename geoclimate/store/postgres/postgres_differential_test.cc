// The same random operations on SQLite and on PostgreSQL leave the same behind, and answer the
// same.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
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

using airquality::IssuedForecast;
using airquality::Observation;
using airquality::Site;
using airquality::SiteId;

class PostgresDifferential : public ::testing::Test {
 protected:
  PostgresDifferential() {
    auto sqlite = OpenSqliteStores(folder_ / "geoclimate.db", {}, clock_);
    GC_CHECK(sqlite.ok(), "a database in a new folder opens");
    sqlite_ = *std::move(sqlite);
    PostgresOptions options;
    options.url = database_.url();
    // Flushes in the middle of a transaction, and COPY beside INSERT.
    options.query.bulk_batch_rows = 700;
    auto postgres = OpenPostgresStores(options, clock_);
    GC_CHECK(postgres.ok(), postgres.error().ToString().c_str());
    postgres_ = *std::move(postgres);
  }

  std::uint32_t Below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

  Site RandomSite() {
    static constexpr const char* kNames[] = {"", "Main Street", "Zo\xc3\xb6", "St. \"Mary\"\\ 'x'"};
    Site site;
    site.id = SiteId::FromParts(6, 37, 1 + Below(6));
    site.name = kNames[Below(4)];
    site.county = kNames[Below(2)];
    site.cbsa = kNames[Below(4)];
    if (Below(3) != 0) {
      site.coordinates = airquality::Coordinates{34.0 + Below(3) / 7.0, -118.1};
      site.utc_offset = std::chrono::hours(Below(4) == 0 ? -7 : -8);
    }
    return site;
  }
  Observation RandomObservation() {
    static constexpr airquality::ParameterCode kParameters[] = {88101, 88502, 44201, 42101, 81102};
    static constexpr std::uint8_t kCompleteness[] = {100, 74, airquality::kCompletenessUnknown};
    Observation row;
    // Now and then a site that may not have been put.
    row.key.site = SiteId::FromParts(6, 37, Below(20'000) == 0 ? 99 : 1 + Below(6));
    row.key.parameter = kParameters[Below(5)];
    row.key.poc = static_cast<std::uint16_t>(Below(3) * 30'000);
    row.key.start = base::DayStart(base::DayFromNumber(static_cast<int>(Below(900)) - 300),
                                   std::chrono::hours(-8));
    row.key.duration = Below(6) == 0 ? airquality::Duration::kHour : airquality::Duration::kDay;
    row.key.statistic = static_cast<airquality::Statistic>(Below(3));
    row.key.event = static_cast<airquality::EventStatus>(Below(8) == 0 ? 1 : 0);
    row.value = airquality::Concentration::FromMicro(static_cast<int>(Below(3)) - 1);
    row.source = static_cast<airquality::Source>(Below(2));
    row.completeness = kCompleteness[Below(3)];
    row.monitor = static_cast<airquality::MonitorKind>(Below(2));
    return row;
  }

  struct Batch {
    std::string origin;
    std::vector<Site> sites;
    std::vector<Observation> rows;
    std::optional<base::Timestamp> floor;
  };
  Batch RandomBatch() {
    static constexpr std::uint32_t kSizes[] = {0, 1, 30, 1500};
    Batch batch;
    batch.origin = (Below(2) == 0 ? "file " : "\xc3\xa9t\xc3\xa9 ") + std::to_string(Below(5));
    for (std::uint32_t i = Below(5); i > 0; --i) batch.sites.push_back(RandomSite());
    for (std::uint32_t i = kSizes[Below(4)]; i > 0; --i) batch.rows.push_back(RandomObservation());
    if (Below(2) == 0) batch.floor = base::Timestamp(std::chrono::days(Below(600)));
    return batch;
  }
  static base::Result<std::unique_ptr<ObservationWriter>> Gather(ObservationStore& store,
                                                                 const Batch& batch) {
    GC_ASSIGN_OR_RETURN(auto writer, store.BeginWrite(batch.origin));
    GC_RETURN_IF_ERROR(writer->PutSites(batch.sites));
    GC_RETURN_IF_ERROR(writer->Append(batch.rows, batch.floor));
    return writer;
  }
  // What a write answered, as text.
  static std::string Write(ObservationStore& store, const std::vector<Batch>& batches) {
    std::vector<std::unique_ptr<ObservationWriter>> writers;
    for (const Batch& batch : batches) {
      auto writer = Gather(store, batch);
      if (!writer.ok()) return std::string(base::ErrorCodeName(writer.error().code()));
      writers.push_back(*std::move(writer));
    }
    const auto counts = store.CommitTogether(writers);
    if (!counts.ok()) return std::string(base::ErrorCodeName(counts.error().code()));
    std::string text;
    for (const WriteCounts& one : *counts) {
      text += fmt::format("{}+{}+{} ", one.observations_new, one.observations_replaced,
                          one.observations_unchanged);
    }
    return text;
  }

  ObservationQuery RandomQuery() {
    ObservationQuery query;
    if (Below(2) == 0) query.pollutant = airquality::kPollutants[Below(6)];
    if (Below(2) == 0) query.site = SiteId::FromParts(6, 37, 1 + Below(7));
    if (Below(2) == 0) query.duration.reset();
    if (Below(2) == 0) query.from = base::Timestamp(std::chrono::hours(Below(24 * 600)));
    if (Below(2) == 0) query.to = base::Timestamp(std::chrono::hours(Below(24 * 600)));
    if (Below(2) == 0) {
      query.received_by = clock_.Now() - std::chrono::seconds(Below(60)) +
                          std::chrono::microseconds(static_cast<int>(Below(3)) - 1);
    }
    return query;
  }
  static std::vector<std::string> Read(ObservationStore& store, const ObservationQuery& query) {
    std::vector<std::string> lines;
    const auto visited = store.Visit(query, [&](const StoredObservation& stored) {
      lines.push_back(DumpLine(stored, ReceivedAt::kShown));
    });
    if (!visited.ok()) lines.push_back(visited.error().ToString());
    return lines;
  }

  // Names the first line that differs: there are thousands.
  static void ExpectSame(const std::vector<std::string>& got,
                         const std::vector<std::string>& expected) {
    EXPECT_EQ(got.size(), expected.size());
    const auto [mine, theirs] = std::ranges::mismatch(got, expected);
    if (mine != got.end() && theirs != expected.end()) {
      EXPECT_EQ(*mine, *theirs);
    }
  }

  IssuedForecast RandomForecast() {
    static constexpr const char* kModels[] = {"", "pm25_v1", "pm25_v2", "\xc3\xa9"};
    IssuedForecast forecast;
    forecast.site = SiteId::FromParts(Below(2) == 0 ? 6 : SiteId::kCanada, 37, Below(4));
    forecast.pollutant = airquality::kPollutants[Below(3)];
    forecast.issue_day = base::DayFromNumber(static_cast<int>(Below(12)) - 3);
    forecast.horizon_days = 1 + static_cast<int>(Below(3));
    forecast.issued_at = base::Timestamp(std::chrono::microseconds(Below(6)));
    forecast.method = airquality::Method::kModel;
    forecast.model_id = kModels[Below(4)];
    forecast.mean = static_cast<float>(Below(1000)) / 7.0F;
    forecast.p10 = 1.0F - forecast.mean;
    forecast.p90 = 1e30F;
    forecast.aqi = static_cast<int>(Below(500));
    return forecast;
  }
  static std::vector<std::string> Read(IssuedForecastStore& store,
                                       const IssuedForecastQuery& query) {
    std::vector<std::string> lines;
    const auto visited = store.Visit(query, [&](const IssuedForecast& f) {
      lines.push_back(
          fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {}", base::FormatDay(f.valid_day()),
                      f.site.ToString(), airquality::Name(f.pollutant), f.horizon_days,
                      f.issued_at.time_since_epoch().count(), static_cast<int>(f.method),
                      f.model_id, f.mean, f.p10, f.p50, f.p90, f.probability_over_100, f.aqi));
    });
    if (!visited.ok()) lines.push_back(visited.error().ToString());
    return lines;
  }

  // What a random operation on keys and audit answered, as text.
  std::string OperateOn(ApiKeyStore& keys, AuditStore& audit, std::uint32_t seed,
                        std::uint32_t round) const {
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    const auto at = [&] { return clock_.Now() + std::chrono::microseconds(below(5)); };
    const auto code = [](const auto& result) {
      return std::string(result.ok() ? "ok" : base::ErrorCodeName(result.error().code()));
    };
    const auto prefix = [&] { return "gsc_" + std::to_string(below(9)); };
    ApiKeyRecord key;
    key.prefix = prefix();
    key.name = below(2) == 0 ? "" : "Zo\xc3\xb6 'x' \"y\"";
    key.digest = formats::Sha256(std::to_string(below(30)));
    key.scopes = "read";
    key.created_at = at();
    if (below(2) == 0) key.expires_at = at();
    key.requests_per_minute = below(2) * 3'000'000'000ULL;
    switch (below(6)) {
      case 0:
        return code(keys.Add(key));
      case 1:
        return code(keys.Revoke(key.prefix, at()));
      case 2:
        return code(keys.Rotate(prefix(), key, at()));
      case 3:
      case 4: {
        ApiKeyReport report{"process " + std::to_string(below(3)), round + 3 - below(3), {}};
        for (std::uint32_t i = below(6); i > 0; --i) {
          report.uses.push_back({prefix(), at(), base::DayFromNumber(static_cast<int>(below(3))),
                                 below(4), below(9)});
        }
        return code(keys.RecordUse(report));
      }
      default: {
        AuditRecord record;
        record.subject = std::to_string(below(3));
        record.reason = key.name;
        if (below(2) == 0) record.at = at();
        const auto id = audit.Append(record);
        return id.ok() ? std::to_string(*id) : code(id);
      }
    }
  }

  std::mt19937 random_;
  base::FakeClock clock_{base::Timestamp(std::chrono::hours(24 * 365 * 50))};
  sqlite::TemporaryFolder folder_;
  postgres::TestDatabase database_;
  Stores sqlite_;
  Stores postgres_;
};

TEST_F(PostgresDifferential, RandomWritesAndReadsAreThoseOfSqlite) {
  random_.seed(20'201'231);
  std::size_t failed = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<Batch> batches;
    for (std::uint32_t i = Below(4) == 0 ? 1 + Below(3) : 1; i > 0; --i) {
      batches.push_back(RandomBatch());
      // A writer that flushes holds the lock: of several only one may.
      if (i > 1) batches.back().rows.resize(std::min<std::size_t>(batches.back().rows.size(), 30));
    }
    const std::string answer = Write(*sqlite_.observations, batches);
    ASSERT_EQ(Write(*postgres_.observations, batches), answer) << "round " << round;
    if (answer == "FAILED_PRECONDITION") ++failed;
    ASSERT_EQ(*postgres_.observations->Generation(), *sqlite_.observations->Generation());
    const ObservationQuery query = RandomQuery();
    ExpectSame(Read(*postgres_.observations, query), Read(*sqlite_.observations, query));
    if (HasFailure()) return;
    // Sometimes back, as a clock that is set.
    clock_.Advance(std::chrono::seconds(static_cast<int>(Below(6)) - 1));
  }
  EXPECT_GT(failed, 3U) << "transactions that are refused are part of the test";
  const std::vector<std::string> expected = Dump(*sqlite_.observations, ReceivedAt::kShown);
  EXPECT_GT(expected.size(), 10'000U);
  ExpectSame(Dump(*postgres_.observations, ReceivedAt::kShown), expected);
  EXPECT_EQ(*postgres_.observations->NewestDay(), *sqlite_.observations->NewestDay());
}

TEST_F(PostgresDifferential, RandomForecastsAreThoseOfSqlite) {
  random_.seed(7);
  for (int round = 0; round < 60; ++round) {
    std::vector<IssuedForecast> forecasts;
    for (std::uint32_t i = Below(40); i > 0; --i) forecasts.push_back(RandomForecast());
    const auto changed = sqlite_.issued_forecasts->Put(forecasts);
    const auto same = postgres_.issued_forecasts->Put(forecasts);
    ASSERT_TRUE(changed.ok() && same.ok()) << same.error().ToString();
    ASSERT_EQ(*same, *changed) << "round " << round;
    IssuedForecastQuery query{base::DayFromNumber(static_cast<int>(Below(12)) - 3),
                              base::DayFromNumber(static_cast<int>(Below(16))),
                              {},
                              {}};
    if (Below(2) == 0) query.pollutant = airquality::kPollutants[Below(3)];
    if (Below(2) == 0) query.horizon_days = 1 + static_cast<int>(Below(3));
    ExpectSame(Read(*postgres_.issued_forecasts, query), Read(*sqlite_.issued_forecasts, query));
    if (HasFailure()) return;
  }
  // The days' own limits are no error.
  using Limits = std::numeric_limits<std::int32_t>;
  const IssuedForecastQuery everything{
      base::DayFromNumber(Limits::min()), base::DayFromNumber(Limits::max()), {}, {}};
  EXPECT_GT(Read(*postgres_.issued_forecasts, everything).size(), 100U);
}

TEST_F(PostgresDifferential, RandomChangesOfKeysAndAuditAreThoseOfSqlite) {
  random_.seed(11);
  for (std::uint32_t round = 0; round < 400; ++round) {
    const auto seed = static_cast<std::uint32_t>(random_());
    const std::string answer = OperateOn(*sqlite_.api_keys, *sqlite_.audit, seed, round);
    ASSERT_EQ(OperateOn(*postgres_.api_keys, *postgres_.audit, seed, round), answer)
        << "round " << round;
    ASSERT_EQ(*postgres_.api_keys->Revision(), *sqlite_.api_keys->Revision()) << "round " << round;
    if (Below(8) == 0) clock_.Advance(std::chrono::hours(24));
  }
  const auto keys = sqlite_.api_keys->List();
  EXPECT_EQ(keys->size(), 9U);
  EXPECT_EQ(*postgres_.api_keys->List(), *keys);
  for (int day = 0; day < 3; ++day) {
    const auto usage = sqlite_.api_keys->UsageOf(base::DayFromNumber(day));
    EXPECT_GT(usage->size(), 3U);
    EXPECT_EQ(*postgres_.api_keys->UsageOf(base::DayFromNumber(day)), *usage);
  }
  const auto audit = sqlite_.audit->List({.before = std::nullopt, .limit = 1000});
  EXPECT_GT(audit->size(), 20U);
  EXPECT_EQ(*postgres_.audit->List({.before = std::nullopt, .limit = 1000}), *audit);
}

}  // namespace
}  // namespace geoclimate::store
