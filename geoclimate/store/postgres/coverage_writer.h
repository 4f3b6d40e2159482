#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/daily_rule.h"
#include "geoclimate/store/day_set.h"
#include "geoclimate/store/postgres/rows.h"
#include "geoclimate/store/postgres/write_transaction.h"
#include "geoclimate/store/series.h"

namespace geoclimate::store::postgres {

// Keeps the table coverage in step with a transaction that adds versions. Before Add() the place
// must have been looked up, and its site's offset given.
class CoverageWriter {
 public:
  // Asks for the days of those of `series` that are not known yet.
  Call Lookup(std::span<const Series> series);
  void TakeAnswer(const Rows& rows);
  void SetOffset(airquality::SiteId site, std::chrono::minutes offset) { offsets_[site] = offset; }

  // A version of `series` that counts has been added at `start`.
  void Add(const Series& series, base::Timestamp start);
  // The site's offset has changed: its days are counted anew from its versions, by Write().
  void Recount(airquality::SiteId site) { recount_.insert(site); }

  // Once, before the commit, when all versions are there or deferred.
  base::Result<void> Write(WriteTransaction& transaction);

 private:
  using Key = std::pair<airquality::SiteId, airquality::Pollutant>;
  struct Entry {
    DaySet days;
    bool changed = false;
  };
  base::Result<void> CountAnew(WriteTransaction& transaction);

  std::map<Key, Entry> entries_;
  std::map<airquality::SiteId, std::chrono::minutes> offsets_;
  std::set<airquality::SiteId> recount_;
};

}  // namespace geoclimate::store::postgres
