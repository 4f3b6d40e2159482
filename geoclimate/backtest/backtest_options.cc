#include "geoclimate/backtest/backtest_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "geoclimate/forecast/forecast_table.h"

namespace geoclimate::backtest {
namespace {

std::string Describe(const training::BoostOptions& options) {
  const auto& [learning_rate, max_leaves, min_rows_per_leaf, row_share, column_share, l2, max_bins,
               max_rounds, patience, threads, seed] = options;
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {}", learning_rate, max_leaves,
                     min_rows_per_leaf, row_share, column_share, l2, max_bins, max_rounds, patience,
                     threads, seed);
}

}  // namespace

base::Result<void> BacktestOptions::Validate() const {
  if (from > to) {
    return base::InvalidArgument(fmt::format("the first issue day, {}, lies after the last, {}",
                                             base::FormatDay(from), base::FormatDay(to)));
  }
  if (refit_days < 1) {
    return base::InvalidArgument(fmt::format("refit is {} days, expected at least 1", refit_days));
  }
  if (!(hold_out_share >= 0 && hold_out_share < 1)) {
    return base::InvalidArgument(
        fmt::format("the share of held out sites is {}, expected 0 to below 1", hold_out_share));
  }
  if (hold_out_share > 0 && basis == airquality::Basis::kNeighbours) {
    return base::InvalidArgument(
        "of a forecast from neighbours no fit has seen its site: no sites can be held out besides");
  }
  if (threads < 1) {
    return base::InvalidArgument(fmt::format("threads is {}, expected at least 1", threads));
  }
  if (pollutants.empty() || horizons.empty()) {
    return base::InvalidArgument("no pollutant or no lead time is given");
  }
  for (const int horizon : horizons) {
    if (horizon >= 1 && horizon <= forecast::kMaxHorizonDays) continue;
    return base::InvalidArgument(fmt::format("a lead time of {} days, expected 1 to {}", horizon,
                                             forecast::kMaxHorizonDays));
  }
  if (std::set(pollutants.begin(), pollutants.end()).size() != pollutants.size() ||
      std::set(horizons.begin(), horizons.end()).size() != horizons.size()) {
    return base::InvalidArgument("a pollutant or a lead time is given twice");
  }
  return training.Validate();
}

bool HeldOut(airquality::SiteId site, double share) {
  if (share <= 0) return false;
  // Ids of one county follow each other: the multiplier of Knuth's hash (The Art of Computer
  // Programming 3, 6.4) spreads them.
  const std::uint64_t hash = std::uint64_t{site.number()} * 0x9E3779B97F4A7C15ULL;
  return static_cast<double>(hash >> 11) < share * 0x1p53;
}

std::vector<Origin> Origins(const BacktestOptions& options) {
  std::vector<Origin> origins;
  const std::chrono::days step(options.refit_days);
  for (base::LocalDay day = options.from; day <= options.to; day += step) {
    origins.push_back({.day = day,
                       .last_issue_day = std::min(options.to, day + step - std::chrono::days(1)),
                       .number = static_cast<int>(origins.size()) + 1});
  }
  return origins;
}

std::string DescribeSettings(const BacktestOptions& options) {
  // Taken apart by place, so that an option that is added cannot be forgotten here. keep_judged
  // decides nothing that a piece holds.
  const auto& [boost, linear, leaf_scale, blocks, members, form, scale_offset_share, spread, refit,
               keep_judged] = options.training;
  std::string lines;
  for (const auto& [l2, bound] : linear) lines += fmt::format(" {} {}", l2, bound);
  const auto& [calibrate_share, evaluate_share, min_rows] = blocks;
  const auto& [spread_boost, log_offset, spread_min_rows] = spread;
  std::vector<int> targets;
  targets.reserve(members.size());
  for (const model::MemberTarget target : members) targets.push_back(static_cast<int>(target));
  return fmt::format(
      "{} from {} to {} refit {} without {}; boost {}; linear{}; leaves {}; blocks {} {} {}; "
      "members {} {} "
      "{}; "
      "spread {} {} {}; {}",
      airquality::BasisName(options.basis), base::FormatDay(options.from),
      base::FormatDay(options.to), options.refit_days, options.hold_out_share, Describe(boost),
      lines, fmt::join(leaf_scale, " "), calibrate_share, evaluate_share, min_rows,
      fmt::join(targets, "+"), static_cast<int>(form), scale_offset_share, Describe(spread_boost),
      log_offset, spread_min_rows, static_cast<int>(refit));
}

}  // namespace geoclimate::backtest
