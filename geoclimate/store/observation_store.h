#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"

namespace geoclimate::store {

// A version as it is kept.
struct StoredObservation {
  airquality::Observation observation;
  base::Timestamp received_at;
  base::Timestamp available_at;
  // Where it came from, a file's path or "api". Valid until the visitor returns.
  std::string_view origin;
};

struct WriteCounts {
  std::uint64_t observations_new = 0;        // keys seen for the first time
  std::uint64_t observations_replaced = 0;   // another version of a known key, beside the old
  std::uint64_t observations_unchanged = 0;  // the version was there
  friend bool operator==(const WriteCounts&, const WriteCounts&) = default;
};

// One transaction: everything given to it is there after Commit() returned success, or nothing is.
// Destroying it without Commit() rolls back, and so does any error, after which only destruction
// is allowed. Not thread-safe, but several may be open at once, one a thread: observations are
// gathered in memory, and the store's one write lock is taken in Commit(), or before it by a
// writer that has gathered more than the store's options allow. A thread that keeps two such
// writers open waits for itself, until the lock's time is up (kUnavailable).
//
// The state after a set of transactions does not depend on their order, but for received_at.
class ObservationWriter {
 public:
  virtual ~ObservationWriter() = default;

  // Sites are versioned by their text as observations are. What Sites() shows of one is, field by
  // field, the value that is not empty of the greatest origin in byte order (then the greater
  // value); the offset comes with the coordinates. Several versions in one call are allowed.
  virtual base::Result<void> PutSites(std::span<const airquality::Site> sites) = 0;

  // A version is identified by key, value, source and completeness. One that is there changes
  // nothing, but that its origin becomes the greater of the two in byte order, its monitor the
  // greater, and its floor the earlier (none is the earliest). available_at is AvailableAt() by
  // that monitor, not before that floor: the moment when the rows became known where that is known,
  // such as now for rows that are posted, and none for an archive. Any order, any number of calls.
  //
  // kInvalidArgument, naming the observation: the parameter belongs to no pollutant, or `start` is
  // not a whole minute of the years 1900 to 2150. Every key's site must have been put, in this
  // transaction or before: kFailedPrecondition naming it, here or from Commit().
  virtual base::Result<void> Append(std::span<const airquality::Observation> observations,
                                    std::optional<base::Timestamp> available_at_floor) = 0;

  // Durable when it returns success. A transaction that changed nothing leaves no trace. The
  // received_at of new versions is the clock's now, or the newest there is if the clock went back,
  // so that a read as of a past moment always gives the same answer.
  virtual base::Result<WriteCounts> Commit() = 0;
};

// Rows whose start lies in [from, to). An empty field does not restrict.
struct ObservationQuery {
  std::optional<airquality::Pollutant> pollutant;
  std::optional<airquality::SiteId> site;
  std::optional<airquality::Duration> duration = airquality::Duration::kDay;
  std::optional<base::Timestamp> from;
  std::optional<base::Timestamp> to;
  // Only versions with received_at <= received_by: the store as it was then (but for origin,
  // monitor and available_at of a version that came again).
  std::optional<base::Timestamp> received_by;
};

struct SiteCoverage {
  airquality::SiteId site;
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  base::LocalDay first_day;
  base::LocalDay last_day;
  std::uint64_t days = 0;
  friend bool operator==(const SiteCoverage&, const SiteCoverage&) = default;
};

// Where observations live. Implementations: sqlite/ (embedded default) and postgres/; one
// conformance suite (observation_store_conformance.h) runs against each.
//
// Thread-safe, but for the writers it hands out, which must be gone before it goes.
//
// Errors of every call: kUnavailable when the database is locked by somebody else for longer than
// the options allow (try again); kResourceExhausted when the disk is full; kPermissionDenied when
// it cannot be written; kDataLoss when the file is damaged; kInternal for other failures of the
// disk. Each names the database and what to do.
class ObservationStore {
 public:
  virtual ~ObservationStore() = default;

  // `origin` is stored with every version of this transaction; at most 4096 bytes, not empty.
  virtual base::Result<std::unique_ptr<ObservationWriter>> BeginWrite(std::string_view origin) = 0;

  // Commits writers of this store, in the order given, as one transaction: all of them or none. As
  // if each had committed after the ones before it, but much cheaper for many small ones. After an
  // error all have failed. One of them at most may hold the write lock already, because it has
  // gathered more than the store's options allow.
  virtual base::Result<std::vector<WriteCounts>> CommitTogether(
      std::span<const std::unique_ptr<ObservationWriter>> writers) = 0;

  // All sites, ordered by id.
  virtual base::Result<std::vector<airquality::Site>> Sites() = 0;

  // Calls `visit` for each version in the order of (site, pollutant, start, parameter, poc,
  // duration, statistic, event, received_at, source, value, completeness): all that DailyValue()
  // needs of a site, pollutant and day comes in a row. A consistent snapshot: what is written
  // during the visit is not seen, and does not wait for it. The views die when `visit` returns.
  virtual base::Result<void> Visit(const ObservationQuery& query,
                                   const std::function<void(const StoredObservation&)>& visit) = 0;

  // Per site and pollutant the days that have a daily value in the sense of
  // airquality::DailyValue(), from the versions that are there now; ordered by (site, pollutant).
  // Kept up to date by the writers: cheap, whatever the store holds.
  virtual base::Result<std::vector<SiteCoverage>> Coverage() = 0;

  // The newest of Coverage()'s days; nothing when there is none. As cheap.
  virtual base::Result<std::optional<base::LocalDay>> NewestDay() = 0;

  // A number that grows with every commit that changed something, by this process or another, so
  // that readers know when to look again. Survives a restart.
  virtual base::Result<std::uint64_t> Generation() = 0;
};

}  // namespace geoclimate::store
