#include "geoclimate/airquality/daily_value.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <vector>

namespace geoclimate::airquality {
namespace {

constexpr ParameterCode kPm25NotReference = 88502;

bool Counts(Pollutant pollutant, const DailyCandidate& row) {
  return PollutantOf(row.parameter) == pollutant && row.statistic == DailyStatistic(pollutant) &&
         row.event != EventStatus::kExcluded &&
         (row.completeness == kCompletenessUnknown || row.completeness >= kCompleteEnough);
}

// Lower is better.
int Rank(const DailyCandidate& row) {
  return (row.source == Source::kFinal ? 0 : 2) + (row.parameter == kPm25NotReference ? 1 : 0);
}

// The row of each POC that counts, in the order of the POCs.
std::vector<const DailyCandidate*> ChosenRows(Pollutant pollutant,
                                              std::span<const DailyCandidate> candidates) {
  int best = std::numeric_limits<int>::max();
  std::vector<const DailyCandidate*> rows;
  for (const DailyCandidate& row : candidates) {
    if (!Counts(pollutant, row) || Rank(row) > best) continue;
    if (Rank(row) < best) {
      best = Rank(row);
      rows.clear();
    }
    rows.push_back(&row);
  }
  // The last origin first; of one origin's two values the higher, so that no order of reading
  // matters.
  std::sort(rows.begin(), rows.end(), [](const DailyCandidate* a, const DailyCandidate* b) {
    return std::tie(a->poc, b->origin, b->value) < std::tie(b->poc, a->origin, a->value);
  });
  rows.erase(std::unique(
                 rows.begin(), rows.end(),
                 [](const DailyCandidate* a, const DailyCandidate* b) { return a->poc == b->poc; }),
             rows.end());
  return rows;
}

}  // namespace

std::optional<double> DailyValue(Pollutant pollutant, std::span<const DailyCandidate> candidates) {
  const std::vector<const DailyCandidate*> rows = ChosenRows(pollutant, candidates);
  if (rows.empty()) return std::nullopt;
  double micro = 0;
  for (const DailyCandidate* row : rows) micro += static_cast<double>(row->value.micro());
  return micro / (static_cast<double>(rows.size()) * 1e6);
}

const DailyCandidate* HighestDailyRow(Pollutant pollutant,
                                      std::span<const DailyCandidate> candidates) {
  const DailyCandidate* highest = nullptr;
  for (const DailyCandidate* row : ChosenRows(pollutant, candidates)) {
    if (highest == nullptr || row->value > highest->value) highest = row;
  }
  return highest;
}

}  // namespace geoclimate::airquality
