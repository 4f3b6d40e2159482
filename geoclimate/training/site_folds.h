#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/training/time_blocks.h"

namespace geoclimate::training {

// Sites dealt into groups, each of which is left out of one fit, so that errors are those at sites
// that a fit has never seen.
struct SiteFolds {
  int count = 0;
  std::vector<int> of_row;  // 0 to count - 1
};

// `sites` names the site of each row. The sites with calibrate rows are dealt in turns, in the
// order of their numbers, so that each fold has some of them; so are the others. Fewer folds than
// `most` where there are fewer sites with calibrate rows.
//
// kFailedPrecondition with fewer than two such sites.
base::Result<SiteFolds> DealSites(std::span<const std::size_t> sites, RowRange calibrate, int most);

}  // namespace geoclimate::training
