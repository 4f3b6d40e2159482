#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
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
  std::uint64_t observations_new = 0;  // keys seen for the first time
  std::uint64_t observations_replaced =
      0;  // another value or source for a known key: a new version beside the old
  std::uint64_t observations_unchanged = 0;  // the version was there
};

// One transaction: everything given to it is there after Commit() returned success, or nothing is.
// Destroying it without Commit() rolls back. Not thread-safe; one at a time per store: a second one
// waits.
class ObservationWriter {
 public:
  virtual ~ObservationWriter() = default;
  // A known site's empty fields are filled, its others replaced by the ones given here.
  virtual base::Result<void> PutSites(std::span<const airquality::Site> sites) = 0;
  // Every key's site must have been put, in this transaction or before. A version that is there
  // (same key, value, source and completeness) changes nothing but its origin, which becomes the
  // greater of the two in byte order, and its available_at (AvailableAt by the observation's
  // monitor, never before the floor), which becomes the later, so that the state does not depend
  // on the order of ingest.
  virtual base::Result<void> Append(std::span<const airquality::Observation> observations,
                                    base::Timestamp available_at_floor) = 0;
  virtual base::Result<WriteCounts> Commit() = 0;
};

// Rows whose start lies in [from, to) and that were known at `as_of`.
struct ObservationQuery {
  std::optional<airquality::Pollutant> pollutant;
  std::optional<airquality::SiteId> site;
  std::optional<airquality::Duration> duration = airquality::Duration::kDay;
  std::optional<base::Timestamp> from;
  std::optional<base::Timestamp> to;
  // Only versions with received_at <= as_of; all when empty.
  std::optional<base::Timestamp> received_by;
};

struct SiteCoverage {
  airquality::SiteId site;
  airquality::Pollutant pollutant;
  base::LocalDay first_day;
  base::LocalDay last_day;
  std::uint64_t days = 0;
};

// Where observations live. Implementations: sqlite/ (embedded default) and, later, postgres/; one
// conformance suite (observation_store_conformance.h) runs against each.
//
// Thread-safe, but for the writers it hands out.
class ObservationStore {
 public:
  virtual ~ObservationStore() = default;

  // `origin` is stored with every version of this transaction.
  virtual base::Result<std::unique_ptr<ObservationWriter>> BeginWrite(std::string_view origin) = 0;

  // All sites, ordered by id.
  virtual base::Result<std::vector<airquality::Site>> Sites() = 0;

  // Calls `visit` for each version in the order of (site, start, parameter, poc, statistic, event,
  // received_at, source, value). A consistent snapshot: writes during the visit are not seen. The
  // views die when `visit` returns.
  virtual base::Result<void> Visit(const ObservationQuery& query,
                                   const std::function<void(const StoredObservation&)>& visit) = 0;

  // Per site and pollutant, from daily rows; ordered by (site, pollutant).
  virtual base::Result<std::vector<SiteCoverage>> Coverage() = 0;

  // The newest day with an observation; nothing when the store is empty.
  virtual base::Result<std::optional<base::LocalDay>> NewestDay() = 0;

  // A number that grows with every commit that changed something, so that readers know when to look
  // again.
  virtual base::Result<std::uint64_t> Generation() = 0;
};

}  // namespace geoclimate::store
