#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "apps/geoclimate/data_folder.h"
#include "apps/geoclimate/doctor_checks.h"
#include "apps/geoclimate/storage.h"
#include "geoclimate/base/day.h"
#include "geoclimate/cache/redis_expectation.h"
#include "geoclimate/redis/connection.h"
#include "geoclimate/redis/endpoint.h"
#include "geoclimate/store/inspection.h"

namespace geoclimate::app {
namespace {

constexpr int kOldestPostgres = 150'000;
constexpr int kOldestRedis = 6;

void CheckMigrations(std::size_t applied, std::size_t known, Findings& findings) {
  const std::string seen = fmt::format("{} of {} migrations", applied, known);
  if (applied > known) {
    findings.Fail("database.schema", seen,
                  "a newer version of the program wrote it: run that version, or a newer one");
  } else if (applied < known) {
    findings.Warn("database.schema", seen,
                  "the next start brings it up to date; back it up before");
  } else {
    findings.Ok("database.schema", seen);
  }
}

void CheckConnections(const store::PostgresInspection& found, const DoctorCase& patient,
                      Findings& findings) {
  const int left = found.max_connections - found.reserved_connections - found.other_sessions;
  const auto wanted = static_cast<int>(patient.settings.database_pool.max_size);
  const std::string seen =
      fmt::format("max_connections {}, {} in use by others, a pool of up to {}",
                  found.max_connections, found.other_sessions, wanted);
  if (wanted > found.max_connections - found.reserved_connections) {
    findings.Fail("database.connections", seen,
                  "lower database.pool.max_size, or raise the server's max_connections");
  } else if (wanted > left) {
    findings.Warn("database.connections", seen,
                  "over all processes the pools must stay below max_connections");
  } else {
    findings.Ok("database.connections", seen);
  }
}

void CheckRights(const store::PostgresInspection& found, Findings& findings) {
  if (found.only_reads) {
    findings.Fail("database.rights", "the server only reads", "name the primary");
  } else if (!found.closed_tables.empty()) {
    findings.Fail("database.rights", "tables that the role may not use: " + found.closed_tables,
                  "grant it SELECT, INSERT, UPDATE and DELETE on them");
  } else if (!found.may_create) {
    findings.Fail("database.rights", "the role may make no tables in its schema",
                  "grant it CREATE on the schema: migrations make tables");
  } else {
    findings.Ok("database.rights", "tables can be read, written and made");
  }
}

void CheckPostgres(const DoctorCase& patient, Findings& findings) {
  const auto options = patient.settings.PostgresOptions();
  if (!options.ok()) {
    findings.Fail("database", options.error().message(),
                  "put postgresql://USER:PASSWORD@HOST:PORT/NAME into the file");
    return;
  }
  const auto found = store::InspectPostgres(*options);
  if (!found.ok()) {
    findings.Fail("database", found.error().message(),
                  "start the server, and check host, port, role and password");
    return;
  }
  findings.Ok("database", found->name);
  if (found->version < kOldestPostgres) {
    findings.Fail("database.version", "PostgreSQL " + found->release, "use PostgreSQL 15 or newer");
  } else {
    findings.Ok("database.version", "PostgreSQL " + found->release);
  }
  if (found->encoding != "UTF8") {
    findings.Fail("database.encoding", found->encoding, "make the database with ENCODING 'UTF8'");
  }
  CheckMigrations(found->migrations_applied.value_or(0), found->migrations_known, findings);
  CheckRights(*found, findings);
  CheckConnections(*found, patient, findings);
  CheckClock("database.clock", found->now, patient, findings);
}

void CheckSqlite(const DoctorCase& patient, Findings& findings) {
  const std::filesystem::path path = DatabasePath(patient.data_dir);
  const auto found = store::InspectSqlite(path);
  if (!found.ok()) {
    if (found.error().code() == base::ErrorCode::kNotFound) {
      findings.Warn("database", found.error().message(),
                    "'geoclimate ingest FILES' makes it, or database.url_file names another");
      return;
    }
    findings.Fail("database", found.error().message(),
                  "restore a backup, or move the file away and ingest again");
    return;
  }
  if (!found->is_ours) {
    findings.Fail("database", path.string() + " is another program's", "choose another --data-dir");
    return;
  }
  findings.Ok("database", "SQLite at " + path.string());
  CheckMigrations(found->migrations_applied, found->migrations_known, findings);
}

// 0 for what does not begin with a number.
std::int64_t NumberAtBegin(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "redis_version:7.0.15" in INFO.
std::string RedisVersion(std::string_view info) {
  constexpr std::string_view kName = "redis_version:";
  const std::size_t at = info.find(kName);
  if (at == std::string_view::npos) return "unknown";
  info.remove_prefix(at + kName.size());
  return std::string(info.substr(0, info.find_first_of("\r\n")));
}

void CheckRedisAnswers(const std::vector<redis::Reply>& replies, const DoctorCase& patient,
                       Findings& findings) {
  const std::string version = RedisVersion(replies[0].text);
  if (NumberAtBegin(version) < kOldestRedis) {
    findings.Fail("redis.version", "Redis " + version, "use Redis 6 or newer");
  } else {
    findings.Ok("redis.version", "Redis " + version);
  }
  const auto differences =
      cache::Differences(patient.settings.shared_cache.tier.expect, replies[1].text);
  for (const std::string& difference : differences) {
    findings.Warn("redis.memory", difference,
                  "set it in redis.conf, or say in caching.redis.expect what it should be");
  }
  if (differences.empty()) findings.Ok("redis.memory", "as caching.redis.expect says");
  if (replies[2].elements.size() != 2) return;
  CheckClock("redis.clock",
             base::Timestamp(std::chrono::seconds(NumberAtBegin(replies[2].elements[0].text))),
             patient, findings);
}

// A key of its own, written, found, held against conditions and removed.
base::Result<void> ExerciseStorage(blob::BlobStore& blobs, std::string& step) {
  std::random_device random;
  const std::string key = fmt::format("doctor/{:08x}{:08x}", random(), random());
  step = "put";
  GC_ASSIGN_OR_RETURN(const std::string first, blobs.PutIfAbsent(key, "1"));
  const auto rest = [&]() -> base::Result<void> {
    step = "get";
    GC_ASSIGN_OR_RETURN(const blob::Blob read, blobs.Get(key));
    if (read.bytes != "1") return base::DataLoss("what was put is not what is got");
    step = "list";
    GC_ASSIGN_OR_RETURN(const auto listed, blobs.List(key));
    if (listed.size() != 1) return base::DataLoss("what was put is not listed");
    step = "conditional write";
    if (blobs.PutIfAbsent(key, "2").ok()) {
      return base::FailedPrecondition("If-None-Match is not honoured: a blob was overwritten");
    }
    GC_ASSIGN_OR_RETURN(const std::string second, blobs.PutIfMatch(key, "2", first));
    if (second != first && blobs.PutIfMatch(key, "3", first).ok()) {
      return base::FailedPrecondition("If-Match is not honoured: a newer blob was overwritten");
    }
    return {};
  };
  const base::Result<void> exercised = rest();
  const std::string reached = step;
  step = "delete";
  const base::Result<void> removed = blobs.Delete(key);
  if (exercised.ok()) return removed;
  step = reached;
  return exercised;
}

}  // namespace

void CheckClock(std::string_view check, base::Timestamp theirs, const DoctorCase& patient,
                Findings& findings) {
  using std::chrono::seconds;
  const auto difference = std::chrono::abs(
      std::chrono::duration_cast<std::chrono::milliseconds>(patient.clock.Now() - theirs));
  const std::string seen =
      fmt::format("{:.1f} s from this machine's", static_cast<double>(difference.count()) / 1000);
  constexpr seconds kSome{2};
  constexpr seconds kMuch{30};
  const std::string advice = "run chrony or another client of NTP on both machines";
  if (difference > kMuch) {
    findings.Fail(check, seen, advice + ": leases and tokens go by these clocks");
  } else if (difference > kSome) {
    findings.Warn(check, seen, advice);
  } else {
    findings.Ok(check, seen);
  }
}

void CheckDatabase(const DoctorCase& patient, Findings& findings) {
  if (patient.settings.UsesPostgres()) {
    CheckPostgres(patient, findings);
  } else {
    CheckSqlite(patient, findings);
  }
}

void CheckRedis(const DoctorCase& patient, Findings& findings) {
  const SharedCacheSettings& settings = patient.settings.shared_cache;
  if (!settings.enabled) return;
  const auto endpoint = redis::LoadEndpoint(settings.url_file);
  if (!endpoint.ok()) {
    findings.Fail("redis", endpoint.error().message(),
                  "put redis://[[user]:password@]host[:port][/db] into caching.redis.url_file");
    return;
  }
  const auto deadline = base::Deadline::After(patient.clock, std::chrono::seconds(5));
  const auto connection = redis::Connection::Open(*endpoint, {}, patient.clock, deadline);
  redis::CommandBatch batch;
  batch.Add({"INFO", "server"});
  batch.Add({"INFO", "memory"});
  batch.Add({"TIME"});
  const auto replies = connection.ok()
                           ? (*connection)->Exchange(batch, deadline)
                           : base::Result<std::vector<redis::Reply>>(connection.error());
  if (!replies.ok()) {
    findings.Fail("redis", fmt::format("{}: {}", endpoint->ToString(), replies.error().message()),
                  "start the server, and check host, port and password; without it answers are "
                  "computed anew");
    return;
  }
  findings.Ok("redis", endpoint->ToString());
  CheckRedisAnswers(*replies, patient, findings);
}

void CheckStorage(const DoctorCase& patient, Findings& findings) {
  const std::string name = patient.settings.storage_url.empty() ? patient.data_dir.string()
                                                                : patient.settings.storage_url;
  std::string step = "open";
  const auto storage =
      OpenStorage(patient.settings, {.data_dir = patient.data_dir, .config_file = {}});
  const base::Result<void> exercised = storage.ok() ? ExerciseStorage((*storage)->blobs(), step)
                                                    : base::Result<void>(storage.error());
  if (exercised.ok()) {
    findings.Ok("storage", name + ": put, get, list, conditional write and delete work");
    return;
  }
  findings.Fail("storage", fmt::format("{}: {}: {}", name, step, exercised.error().message()),
                patient.settings.StorageIsBucket()
                    ? "check endpoint, region, credentials and the rights on the bucket "
                      "(geoclimate/blob/README.md lists them)"
                    : "let this user write there");
}

}  // namespace geoclimate::app
