#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/store/observation_store.h"
#include "geoclimate/store/postgres/database.h"
#include "geoclimate/store/series.h"
#include "geoclimate/store/version.h"

namespace geoclimate::store::postgres {

// Reads versions in the order that ObservationStore::Visit() promises: whole (site, pollutant)s, as
// many at once as give a few ten thousand rows, each sorted in memory. The next ones are asked for
// before the ones at hand are visited.
class VersionReader {
 public:
  VersionReader(Database& database, const std::function<void(const StoredObservation&)>& visit)
      : database_(database), visit_(visit) {}

  // kUnavailable before the first visit is tried once more on another connection.
  base::Result<void> Visit(const ObservationQuery& query);

 private:
  struct KnownSeries {
    std::int32_t id;
    Series series;
  };
  struct Range {
    std::int64_t from;  // microseconds since 1970
    std::int64_t to;
    std::int32_t receipt;  // the newest that is wanted
  };
  struct Group {
    std::span<const KnownSeries> series;
    std::vector<Version> versions;  // Version::series is an index into `series`
  };

  base::Result<void> VisitOn(Connection& connection, const ObservationQuery& query);
  base::Result<std::vector<KnownSeries>> Begin(Connection& connection,
                                               const ObservationQuery& query, Range& range);
  // The groups of as many series as are to be read at once; they are taken off `rest`.
  std::vector<Group> TakeGroups(std::span<const KnownSeries>& rest) const;
  static base::Result<void> Ask(Connection& connection, std::span<const Group> groups,
                                const Range& range);
  void Sort(const Rows& rows, std::vector<Group>& groups);
  base::Result<void> LearnNames(Connection& connection, std::span<const Group> groups);
  void VisitGroup(Group& group);

  Database& database_;
  const std::function<void(const StoredObservation&)>& visit_;
  Dictionary::Names names_;
  std::size_t groups_at_once_ = 8;
  bool visited_ = false;
};

}  // namespace geoclimate::store::postgres
