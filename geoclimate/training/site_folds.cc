#include "geoclimate/training/site_folds.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace geoclimate::training {

base::Result<SiteFolds> DealSites(std::span<const std::size_t> sites, RowRange calibrate,
                                  int most) {
  const auto begin = sites.begin() + static_cast<std::ptrdiff_t>(calibrate.begin);
  const std::set<std::size_t> calibrating(begin,
                                          begin + static_cast<std::ptrdiff_t>(calibrate.size()));
  if (calibrating.size() < 2) {
    return base::FailedPrecondition(
        fmt::format("{} sites measure in the calibrate block, fewer than 2", calibrating.size()));
  }
  SiteFolds folds;
  folds.count = std::min(most, static_cast<int>(calibrating.size()));
  std::map<std::size_t, int> fold_of;
  int next = 0;
  for (const std::size_t site : calibrating) fold_of[site] = next++ % folds.count;
  for (const std::size_t site : std::set<std::size_t>(sites.begin(), sites.end())) {
    if (fold_of.try_emplace(site, next % folds.count).second) ++next;
  }
  folds.of_row.reserve(sites.size());
  for (const std::size_t site : sites) folds.of_row.push_back(fold_of.at(site));
  return folds;
}

}  // namespace geoclimate::training
