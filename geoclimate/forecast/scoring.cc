#include "geoclimate/forecast/scoring.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/forecast/calendar.h"
#include "geoclimate/forecast/parallel.h"

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;

constexpr float kHighPm25 = 35;

using Rows = std::vector<std::uint32_t>;  // indexes into what is scored

struct GroupRows {
  ScoredGroup group;
  Rows rows;
  std::vector<Rows> subsets;  // beside group.subsets
};

// One order of the sums, whatever the order of the rows.
std::vector<GroupRows> ByGroup(std::span<const JudgedForecast> judged) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order(judged.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = {ForecastKey(judged[i].forecast), i};
  std::sort(order.begin(), order.end());
  std::vector<GroupRows> groups;
  for (const auto& [key, row] : order) {
    const airquality::IssuedForecast& forecast = judged[row].forecast;
    if (groups.empty() || groups.back().group.pollutant != forecast.pollutant ||
        groups.back().group.horizon_days != forecast.horizon_days) {
      GroupRows& group = groups.emplace_back();
      group.group.pollutant = forecast.pollutant;
      group.group.horizon_days = forecast.horizon_days;
    }
    groups.back().rows.push_back(row);
  }
  return groups;
}

void AddSubset(std::string_view by, std::string_view name, Rows rows, GroupRows& group) {
  if (rows.empty()) return;
  group.group.subsets.push_back({std::string(by), std::string(name), {}});
  group.subsets.push_back(std::move(rows));
}

void Divide(std::span<const JudgedForecast> judged, const Grouping* grouping, GroupRows& group) {
  std::array<Rows, kSeasonNames.size()> seasons;
  Rows high;
  std::vector<Rows> named(grouping != nullptr ? grouping->names.size() : 0);
  for (const std::uint32_t row : group.rows) {
    const airquality::IssuedForecast& forecast = judged[row].forecast;
    seasons[SeasonOf(forecast.valid_day())].push_back(row);
    // False for a p50 that is not given.
    if (forecast.pollutant == Pollutant::kPm25 && forecast.p50 > kHighPm25) high.push_back(row);
    if (grouping != nullptr) named[grouping->of[row]].push_back(row);
  }
  for (std::size_t season = 0; season < seasons.size(); ++season) {
    AddSubset("season", kSeasonNames[season], std::move(seasons[season]), group);
  }
  AddSubset("p50", "over 35 ug/m3", std::move(high), group);
  for (std::size_t i = 0; i < named.size(); ++i) {
    AddSubset(grouping->by, grouping->names[i], std::move(named[i]), group);
  }
}

Baseline BestBaseline(std::span<const JudgedForecast> judged, const Rows& rows) {
  ScoreSums sums;
  for (const std::uint32_t row : rows) {
    for (std::size_t b = 0; b < kBaselineCount; ++b) {
      const double error =
          static_cast<double>(judged[row].baselines[b]) - static_cast<double>(judged[row].observed);
      sums.baselines[b].squared_error += error * error;
    }
  }
  return forecast::BestBaseline(sums);
}

IntervalScored ScoreSet(std::span<const JudgedForecast> judged, const Rows& rows, Baseline best,
                        const ScoringOptions& options) {
  // The rows come in the order of their issue days, hence of their weeks.
  std::vector<ScoreSums> weeks;
  int week = 0;
  for (const std::uint32_t row : rows) {
    const int of_row = IsoWeekNumber(judged[row].forecast.valid_day());
    if (weeks.empty() || of_row != week) weeks.emplace_back();
    week = of_row;
    weeks.back().Add(judged[row], options.rules);
  }
  ScoreSums whole;
  for (const ScoreSums& sums : weeks) whole += sums;
  const auto interval = Bootstrap(std::span<const ScoreSums>(weeks), options.bootstrap,
                                  [best](const ScoreSums& sums) { return Summarize(sums, best); });
  return {weeks.size(), Summarize(whole, best), interval.low, interval.high};
}

}  // namespace

std::vector<ScoredGroup> ScoreForecasts(std::span<const JudgedForecast> judged,
                                        const ScoringOptions& options) {
  GC_CHECK(options.grouping == nullptr || options.grouping->of.size() == judged.size(),
           "each row has a group");
  std::vector<GroupRows> groups = ByGroup(judged);
  ForEachTask(groups.size(), options.threads, [&](std::size_t i) {
    groups[i].group.best = BestBaseline(judged, groups[i].rows);
    if (options.subsets == Subsets::kAll) Divide(judged, options.grouping, groups[i]);
  });
  struct Task {
    const Rows* rows;
    Baseline best;
    IntervalScored* scored;
  };
  std::vector<Task> tasks;
  for (GroupRows& group : groups) {
    tasks.push_back({&group.rows, group.group.best, &group.group.scored});
    for (std::size_t i = 0; i < group.subsets.size(); ++i) {
      tasks.push_back({&group.subsets[i], group.group.best, &group.group.subsets[i].scored});
    }
  }
  ForEachTask(tasks.size(), options.threads, [&](std::size_t i) {
    *tasks[i].scored = ScoreSet(judged, *tasks[i].rows, tasks[i].best, options);
  });
  std::vector<ScoredGroup> scored;
  for (GroupRows& group : groups) scored.push_back(std::move(group.group));
  return scored;
}

}  // namespace geoclimate::forecast
