#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "geoclimate/store/observation_store.h"
#include "geoclimate/store/sqlite/version_row.h"

namespace geoclimate::store::sqlite {

// What a batch changes in one series.
struct SeriesChanges {
  // New versions: their origin and receipt are for the caller to fill in.
  std::vector<GatheredVersion> added;
  // Versions that are there, with what has changed of them filled in.
  std::vector<VersionRow> changed;
  WriteCounts counts;
};

// Sets a batch's versions of one series beside those of the table. `incoming` and `existing` are in
// the order of Identity(); `existing` holds every version of the table with a start between the
// first and the last of `incoming`. `raised_origin` gives, for the origin of a version that came
// again, the greater of it and the batch's.
SeriesChanges MergeVersions(std::span<const GatheredVersion> incoming,
                            std::span<const VersionRow> existing,
                            const std::function<std::int64_t(std::int64_t)>& raised_origin);

}  // namespace geoclimate::store::sqlite
