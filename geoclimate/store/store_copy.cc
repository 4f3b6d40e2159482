#include "geoclimate/store/store_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/formats/digest.h"
#include "geoclimate/store/copy_source.h"
#include "geoclimate/store/site_merge.h"
#include "geoclimate/store/store_dump.h"

namespace geoclimate::store {
namespace {

using airquality::IssuedForecast;
using airquality::Observation;
using base::Result;
using base::Timestamp;

constexpr std::uint64_t kWindowVersions = 1 << 20;
constexpr std::size_t kForecastsAtOnce = 1 << 14;
constexpr std::size_t kRecordsAtOnce = 1 << 12;

class PartDigest {
 public:
  void Add(std::string line) {
    line += '\n';
    stream_.Update(line);
    ++count_;
  }
  ContentPart Finish() { return {count_, stream_.Finish().Hex()}; }

 private:
  formats::Sha256Stream stream_;
  std::uint64_t count_ = 0;
};

ObservationQuery Everything() {
  ObservationQuery query;
  query.duration.reset();
  return query;
}

std::string ForecastLine(const IssuedForecast& f) {
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {}", base::FormatDay(f.valid_day()),
                     f.site.ToString(), airquality::Name(f.pollutant), f.horizon_days, f.model_id,
                     f.issued_at.time_since_epoch().count(), static_cast<int>(f.method),
                     f.mean + 0.0F, f.p10 + 0.0F, f.p50 + 0.0F, f.p90 + 0.0F,
                     f.probability_over_100 + 0.0F, f.aqi);
}

// The store's other face, which every store of a database has.
template <typename Copy, typename Store>
Copy& CopyOf(Store& store) {
  auto* const copy = dynamic_cast<Copy*>(&store);
  GC_CHECK(copy != nullptr, "a store of a database");
  return *copy;
}

Result<std::vector<SiteVersion>> SiteVersions(ObservationStore& store) {
  std::vector<SiteVersion> versions;
  GC_RETURN_IF_ERROR(CopyOf<SiteVersionSource>(store).VisitSiteVersions(
      [&](const SiteVersion& one) { versions.push_back(one); }));
  std::ranges::sort(versions, {}, [](const SiteVersion& one) {
    return std::tuple(one.origin, one.site.id, DumpLine(one.site));
  });
  return versions;
}

Result<void> VisitEveryForecast(IssuedForecastStore& store,
                                const std::function<void(const IssuedForecast&)>& visit) {
  return CopyOf<EveryForecastSource>(store).VisitEvery(visit);
}

std::string TimeText(const std::optional<Timestamp>& time) {
  return time ? fmt::format("{}", time->time_since_epoch().count()) : std::string("never");
}

std::string KeyLine(const ApiKeyRecord& key) {
  return fmt::format("{} '{}' {} {} made {} ends {} revoked {} used {} then '{}' {} {}", key.prefix,
                     key.name, key.digest.Hex(), key.scopes, TimeText(key.created_at),
                     TimeText(key.expires_at), TimeText(key.revoked_at), TimeText(key.last_used_at),
                     key.successor, key.requests_per_minute, key.daily_rows);
}

std::string AuditLine(const AuditRecord& record) {
  return fmt::format("{} {} '{}' '{}' '{}' '{}' '{}' '{}' '{}' '{}' '{}'", record.id,
                     TimeText(record.at), record.actor, record.address, record.action,
                     record.subject, record.from, record.to, record.reason, record.request_id,
                     record.outcome);
}

// In the order of their ids, some at a time.
Result<void> VisitAudit(AuditStore& store,
                        const std::function<Result<void>(std::span<const AuditRecord>)>& visit) {
  auto& copy = CopyOf<AuditCopy>(store);
  for (std::int64_t last = 0;;) {
    GC_ASSIGN_OR_RETURN(const std::vector<AuditRecord> some, copy.After(last, kRecordsAtOnce));
    if (some.empty()) return {};
    GC_RETURN_IF_ERROR(visit(some));
    last = some.back().id;
  }
}

// Keys, what they did, and the audit.
Result<void> ReadAccess(const StoreSides& stores, StoreContent& content) {
  PartDigest keys;
  GC_ASSIGN_OR_RETURN(const std::vector<ApiKeyRecord> all, stores.api_keys.List());
  for (const ApiKeyRecord& key : all) keys.Add(KeyLine(key));
  content.api_keys = keys.Finish();
  PartDigest days;
  GC_ASSIGN_OR_RETURN(const std::vector<ApiKeyDay> usage,
                      CopyOf<ApiKeyCopy>(stores.api_keys).EveryUsage());
  for (const ApiKeyDay& one : usage) {
    days.Add(
        fmt::format("{} {} {} {}", base::FormatDay(one.day), one.prefix, one.requests, one.rows));
  }
  content.api_key_days = days.Finish();
  PartDigest audit;
  GC_RETURN_IF_ERROR(
      VisitAudit(stores.audit, [&](std::span<const AuditRecord> some) -> Result<void> {
        for (const AuditRecord& record : some) audit.Add(AuditLine(record));
        return {};
      }));
  content.audit = audit.Finish();
  return {};
}

Result<void> CopyAccess(const StoreSides& from, const StoreSides& to, CopyProgress& progress) {
  GC_ASSIGN_OR_RETURN(const std::vector<ApiKeyRecord> keys, from.api_keys.List());
  GC_ASSIGN_OR_RETURN(const std::vector<ApiKeyDay> usage,
                      CopyOf<ApiKeyCopy>(from.api_keys).EveryUsage());
  GC_RETURN_IF_ERROR(CopyOf<ApiKeyCopy>(to.api_keys).Restore(keys, usage));
  return VisitAudit(from.audit, [&](std::span<const AuditRecord> some) -> Result<void> {
    GC_RETURN_IF_ERROR(CopyOf<AuditCopy>(to.audit).Restore(some));
    progress.audit_copied += some.size();
    return {};
  });
}

struct CopiedVersion {
  Observation observation;
  std::optional<Timestamp> floor;
};
// What one transaction brings, by when it was received and where it came from.
using Transactions = std::map<std::pair<Timestamp, std::string>, std::vector<CopiedVersion>>;

// A floor that says no more than the monitor does is as good as none.
std::optional<Timestamp> FloorOf(const StoredObservation& stored) {
  const Observation& observation = stored.observation;
  if (stored.available_at == airquality::AvailableAt(observation.key, observation.monitor)) {
    return std::nullopt;
  }
  return stored.available_at;
}

Result<void> CopyTransaction(ObservationStore& to, std::string_view origin,
                             const std::vector<CopiedVersion>& versions) {
  std::map<std::optional<Timestamp>, std::vector<Observation>> by_floor;
  for (const CopiedVersion& one : versions) by_floor[one.floor].push_back(one.observation);
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<ObservationWriter> writer, to.BeginWrite(origin));
  for (const auto& [floor, run] : by_floor) GC_RETURN_IF_ERROR(writer->Append(run, floor));
  GC_ASSIGN_OR_RETURN(const WriteCounts counts, writer->Commit());
  static_cast<void>(counts);
  return {};
}

// The versions received in (after, until].
Result<Transactions> Received(ObservationStore& from, std::optional<Timestamp> after,
                              Timestamp until) {
  ObservationQuery query = Everything();
  query.received_by = until;
  Transactions transactions;
  std::vector<CopiedVersion>* last = nullptr;
  std::pair<Timestamp, std::string> last_key;
  GC_RETURN_IF_ERROR(from.Visit(query, [&](const StoredObservation& stored) {
    if (after && stored.received_at <= *after) return;
    if (last == nullptr || last_key.first != stored.received_at ||
        last_key.second != stored.origin) {
      last_key = {stored.received_at, std::string(stored.origin)};
      last = &transactions[last_key];
    }
    last->push_back({stored.observation, FloorOf(stored)});
  }));
  return transactions;
}

Result<void> CopyVersions(ObservationStore& from, ObservationStore& to,
                          const std::map<Timestamp, std::uint64_t>& received, ReplayClock& clock,
                          CopyProgress& progress) {
  std::optional<Timestamp> after;
  for (auto next = received.begin(); next != received.end();) {
    Timestamp until{};
    for (std::uint64_t versions = 0; next != received.end() && versions < kWindowVersions; ++next) {
      until = next->first;
      versions += next->second;
    }
    GC_ASSIGN_OR_RETURN(Transactions transactions, Received(from, after, until));
    for (auto& [key, versions] : transactions) {
      clock.Set(key.first);
      GC_RETURN_IF_ERROR(CopyTransaction(to, key.second, versions));
      progress.versions_copied += versions.size();
    }
    after = until;
  }
  return {};
}

Result<void> CopySites(ObservationStore& from, ObservationStore& to) {
  GC_ASSIGN_OR_RETURN(const std::vector<SiteVersion> versions, SiteVersions(from));
  for (std::span<const SiteVersion> rest = versions; !rest.empty();) {
    const std::string& origin = rest.front().origin;
    std::vector<airquality::Site> sites;
    for (; !rest.empty() && rest.front().origin == origin; rest = rest.subspan(1)) {
      sites.push_back(rest.front().site);
    }
    GC_ASSIGN_OR_RETURN(const std::unique_ptr<ObservationWriter> writer, to.BeginWrite(origin));
    GC_RETURN_IF_ERROR(writer->PutSites(sites));
    GC_ASSIGN_OR_RETURN(const WriteCounts counts, writer->Commit());
    static_cast<void>(counts);
  }
  return {};
}

Result<void> CopyForecasts(IssuedForecastStore& from, IssuedForecastStore& to,
                           CopyProgress& progress) {
  std::vector<IssuedForecast> forecasts;
  std::optional<base::Error> error;
  const auto put = [&] {
    if (forecasts.empty() || error) return;
    if (const auto changed = to.Put(forecasts); !changed.ok()) error = changed.error();
    progress.forecasts_copied += forecasts.size();
    forecasts.clear();
  };
  GC_RETURN_IF_ERROR(VisitEveryForecast(from, [&](const IssuedForecast& forecast) {
    if (error) return;
    forecasts.push_back(forecast);
    if (forecasts.size() == kForecastsAtOnce) put();
  }));
  put();
  if (error) return *error;
  return {};
}

}  // namespace

Result<StoreContent> ReadContent(const StoreSides& stores) {
  StoreContent content;
  PartDigest sites;
  GC_ASSIGN_OR_RETURN(const std::vector<airquality::Site> all, stores.observations.Sites());
  for (const airquality::Site& site : all) sites.Add(DumpLine(site));
  content.sites = sites.Finish();
  PartDigest site_versions;
  GC_ASSIGN_OR_RETURN(const std::vector<SiteVersion> said, SiteVersions(stores.observations));
  for (const SiteVersion& one : said) site_versions.Add(one.origin + ": " + DumpLine(one.site));
  content.site_versions = site_versions.Finish();
  PartDigest coverage;
  GC_ASSIGN_OR_RETURN(const std::vector<SiteCoverage> days, stores.observations.Coverage());
  for (const SiteCoverage& one : days) coverage.Add(DumpLine(one));
  content.coverage = coverage.Finish();
  PartDigest versions;
  GC_RETURN_IF_ERROR(stores.observations.Visit(Everything(), [&](const StoredObservation& stored) {
    versions.Add(DumpLine(stored, ReceivedAt::kShown));
  }));
  content.versions = versions.Finish();
  PartDigest forecasts;
  GC_RETURN_IF_ERROR(VisitEveryForecast(
      stores.issued_forecasts,
      [&](const IssuedForecast& forecast) { forecasts.Add(ForecastLine(forecast)); }));
  content.forecasts = forecasts.Finish();
  GC_RETURN_IF_ERROR(ReadAccess(stores, content));
  return content;
}

Result<void> CopyStore(const StoreSides& from, const StoreSides& to, ReplayClock& clock,
                       CopyProgress& progress) {
  std::map<Timestamp, std::uint64_t> received;
  GC_RETURN_IF_ERROR(from.observations.Visit(Everything(), [&](const StoredObservation& stored) {
    ++received[stored.received_at];
    ++progress.versions;
  }));
  // Sites come before what is measured at them.
  if (!received.empty()) clock.Set(received.begin()->first);
  GC_RETURN_IF_ERROR(CopySites(from.observations, to.observations));
  GC_RETURN_IF_ERROR(CopyVersions(from.observations, to.observations, received, clock, progress));
  GC_RETURN_IF_ERROR(CopyForecasts(from.issued_forecasts, to.issued_forecasts, progress));
  return CopyAccess(from, to, progress);
}

}  // namespace geoclimate::store
