#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "geoclimate/store/observation_store.h"
#include "geoclimate/store/version.h"

namespace geoclimate::store {

struct MergedVersions {
  // All of them, in order. Those that were not there have receipt and origin 0.
  std::vector<Version> versions;
  WriteCounts counts;
  // Whether `versions` differs from what was there.
  bool changed = false;
};

// What a batch makes of the versions of one series and period. `incoming` and `existing` are in the
// order of Identity(), `existing` without two that are the same. `raised_origin` gives, for the
// origin of a version that came again, the greater of it and the batch's.
MergedVersions MergeVersions(std::span<const Version> incoming, std::span<const Version> existing,
                             const std::function<std::int32_t(std::int32_t)>& raised_origin);

}  // namespace geoclimate::store
