#include "geoclimate/forecast/past_rows.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "geoclimate/forecast/recency.h"

namespace geoclimate::forecast {
namespace {

// Appends the tasks of one site.
void FindAtSite(const features::SiteHistory& history, std::size_t site, OriginWindow origins,
                PastRows& rows) {
  const features::SiteHistory::Series series = history.Get(rows.pollutant, site);
  if (series.empty()) return;
  const std::chrono::days horizon(rows.horizon_days);
  std::optional<base::LocalDay> newest =
      NewestValue(series, origins.from - std::chrono::days(1), kRecent);
  for (base::LocalDay day = std::max(origins.from, series.first_day);
       day <= std::min(origins.to, series.last_day() - horizon); day += std::chrono::days(1)) {
    if (std::isfinite(series.At(day))) newest = day;
    const float target = series.At(day + horizon);
    if (!newest || day - *newest >= kRecent || !std::isfinite(target)) continue;
    rows.keys.push_back({.site = site, .issue_day = day});
    rows.targets.push_back(target);
  }
}

template <typename T>
std::vector<T> InOrder(const std::vector<T>& values, std::span<const std::size_t> order) {
  std::vector<T> ordered;
  ordered.reserve(values.size());
  for (const std::size_t i : order) ordered.push_back(values[i]);
  return ordered;
}

}  // namespace

PastRows FindPastRows(const features::SiteHistory& history, airquality::Pollutant pollutant,
                      int horizon_days, OriginWindow origins) {
  PastRows rows{.pollutant = pollutant, .horizon_days = horizon_days, .keys = {}, .targets = {}};
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    FindAtSite(history, site, origins, rows);
  }
  std::vector<std::size_t> order(rows.keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // By index among equals, which is by site.
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(rows.keys[i].issue_day, i); });
  rows.keys = InOrder(rows.keys, order);
  rows.targets = InOrder(rows.targets, order);
  return rows;
}

base::LocalDay FirstTrainingDay(airquality::Pollutant pollutant) {
  switch (pollutant) {
    case airquality::Pollutant::kPm25:
    case airquality::Pollutant::kPm10:
      return base::MakeDay(1957, 1, 1);  // before the first value in AQS
    case airquality::Pollutant::kO3:
    case airquality::Pollutant::kNo2:
    case airquality::Pollutant::kSo2:
    case airquality::Pollutant::kCo:
      break;
  }
  return base::MakeDay(2000, 1, 1);
}

}  // namespace geoclimate::forecast
