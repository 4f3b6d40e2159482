#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "geoclimate/store/observation_store.h"
#include "geoclimate/store/series.h"
#include "geoclimate/store/sqlite/database.h"
#include "geoclimate/store/version.h"

namespace geoclimate::store::sqlite {

// Reads versions in the order that ObservationStore::Visit() promises: one (site, pollutant) after
// another, whose few series are read whole and merged in memory.
class VersionReader {
 public:
  // `transaction` must outlive it.
  explicit VersionReader(ReadTransaction& transaction) : transaction_(transaction) {}

  base::Result<void> Visit(const ObservationQuery& query,
                           const std::function<void(const StoredObservation&)>& visit);

 private:
  struct KnownSeries {
    std::int64_t id;
    Series series;
  };
  // In minutes, and the newest receipt that is wanted.
  struct Range {
    std::int64_t from;
    std::int64_t to;
    std::int64_t receipt;
  };

  base::Result<std::vector<KnownSeries>> SeriesOf(const ObservationQuery& query);
  base::Result<Range> RangeOf(const ObservationQuery& query);
  // The versions of `group` in order; Version::series is an index into it.
  base::Result<std::vector<Version>> Versions(std::span<const KnownSeries> group,
                                              const Range& range);
  base::Result<std::vector<Version>> VersionsOf(const KnownSeries& series, const Range& range);
  base::Result<void> VisitGroup(std::span<const KnownSeries> group, const Range& range,
                                const std::function<void(const StoredObservation&)>& visit);
  base::Result<StoredObservation> Stored(const Series& series, const Version& version) const;

  ReadTransaction& transaction_;
};

}  // namespace geoclimate::store::sqlite
