#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/daily_rule.h"
#include "geoclimate/store/day_set.h"
#include "geoclimate/store/series.h"
#include "geoclimate/store/sqlite/session.h"

namespace geoclimate::store::sqlite {

// Keeps the table coverage in step with a transaction that adds versions.
class CoverageWriter {
 public:
  // `session` must outlive it.
  explicit CoverageWriter(Session& session) : session_(session) {}

  // A version of `series` that counts has been added at `start`.
  base::Result<void> Add(const Series& series, base::Timestamp start);
  // The site's offset has changed: its days are counted anew from its versions, by Write().
  void Recount(airquality::SiteId site) { recount_.insert(site); }

  // Once, before the commit, when all versions are there.
  base::Result<void> Write();

 private:
  using Key = std::pair<airquality::SiteId, airquality::Pollutant>;
  struct Entry {
    DaySet days;
    std::chrono::minutes utc_offset{0};
    bool changed = false;
  };

  base::Result<Entry*> Load(const Key& key);
  base::Result<void> CountAnew(airquality::SiteId site);
  base::Result<void> CountSeries(std::int64_t id, const Series& series, Entry& entry);
  base::Result<std::chrono::minutes> OffsetOf(airquality::SiteId site);
  base::Result<void> Put(const Key& key, const DaySet& days);

  Session& session_;
  std::map<Key, Entry> entries_;
  std::set<airquality::SiteId> recount_;
  std::optional<Key> last_key_;
  Entry* last_ = nullptr;
};

}  // namespace geoclimate::store::sqlite
