#include "geoclimate/training/time_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace geoclimate::training {
namespace {

// The first row of the issue day at which `share` of the rows have gone by.
std::size_t BoundaryAt(std::span<const base::LocalDay> issue_days, double share) {
  const auto row = static_cast<std::size_t>(share * static_cast<double>(issue_days.size()));
  const base::LocalDay day = issue_days[std::min(row, issue_days.size() - 1)];
  return static_cast<std::size_t>(std::ranges::lower_bound(issue_days, day) - issue_days.begin());
}

// The rows from `begin` whose valid day lies before the issue day of row `boundary`.
RowRange UntilKnownAt(std::span<const base::LocalDay> issue_days, std::size_t begin,
                      std::size_t boundary, int horizon_days) {
  const base::LocalDay last_issue = issue_days[boundary] - std::chrono::days(horizon_days);
  const auto end = static_cast<std::size_t>(std::ranges::lower_bound(issue_days, last_issue) -
                                            issue_days.begin());
  return {begin, std::max(begin, end)};
}

}  // namespace

base::Result<TimeBlocks> SplitIntoBlocks(std::span<const base::LocalDay> issue_days,
                                         int horizon_days, const BlockOptions& options) {
  if (issue_days.empty()) return base::FailedPrecondition("there are no rows to fit on");
  const std::size_t calibrate =
      BoundaryAt(issue_days, 1 - options.calibrate_share - options.evaluate_share);
  const std::size_t evaluate = BoundaryAt(issue_days, 1 - options.evaluate_share);
  const TimeBlocks blocks = {
      .fit = UntilKnownAt(issue_days, 0, calibrate, horizon_days),
      .calibrate = UntilKnownAt(issue_days, calibrate, evaluate, horizon_days),
      .evaluate = {evaluate, issue_days.size()}};
  const auto enough = [&](std::string_view name, const RowRange& block) -> base::Result<void> {
    if (block.size() >= static_cast<std::size_t>(options.min_rows)) return {};
    return base::FailedPrecondition(
        fmt::format("{} of {} rows fall into the {} block, fewer than {}", block.size(),
                    issue_days.size(), name, options.min_rows));
  };
  GC_RETURN_IF_ERROR(enough("fit", blocks.fit));
  GC_RETURN_IF_ERROR(enough("calibrate", blocks.calibrate));
  GC_RETURN_IF_ERROR(enough("evaluate", blocks.evaluate));
  return blocks;
}

}  // namespace geoclimate::training
