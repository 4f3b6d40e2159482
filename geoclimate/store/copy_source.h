#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "geoclimate/airquality/forecast.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/api_key_store.h"
#include "geoclimate/store/audit_store.h"
#include "geoclimate/store/site_merge.h"

namespace geoclimate::store {

// What a whole copy of a database reads and writes beyond what its stores show. Every
// implementation of ObservationStore, IssuedForecastStore, ApiKeyStore and AuditStore is one of
// these too.

class SiteVersionSource {
 public:
  virtual ~SiteVersionSource() = default;
  // What each origin says of each site, in any order.
  virtual base::Result<void> VisitSiteVersions(
      const std::function<void(const SiteVersion&)>& visit) = 0;
};

class EveryForecastSource {
 public:
  virtual ~EveryForecastSource() = default;
  // Every forecast that is kept, those too that another model's has replaced, in the order of
  // (valid_day, site, pollutant, horizon_days, issued_at, model_id).
  virtual base::Result<void> VisitEvery(
      const std::function<void(const airquality::IssuedForecast&)>& visit) = 0;
};

// What a key did on a day, by all processes.
struct ApiKeyDay {
  std::string prefix;
  base::LocalDay day;
  std::uint64_t requests = 0;
  std::uint64_t rows = 0;
};

class ApiKeyCopy {
 public:
  virtual ~ApiKeyCopy() = default;
  // By day, then prefix.
  virtual base::Result<std::vector<ApiKeyDay>> EveryUsage() = 0;
  // In one transaction: keys and days as they are given, in place of what was there of them.
  virtual base::Result<void> Restore(std::span<const ApiKeyRecord> keys,
                                     std::span<const ApiKeyDay> usage) = 0;
};

class AuditCopy {
 public:
  virtual ~AuditCopy() = default;
  // The first `limit` of those with ids above `after`, in their order.
  virtual base::Result<std::vector<AuditRecord>> After(std::int64_t after, std::size_t limit) = 0;
  // In one transaction, with their ids and times; an id that is there already changes nothing.
  virtual base::Result<void> Restore(std::span<const AuditRecord> records) = 0;
};

}  // namespace geoclimate::store
