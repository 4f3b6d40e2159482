#include "geoclimate/forecast/issue_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "geoclimate/forecast/recency.h"

namespace geoclimate::forecast {
namespace {

using std::chrono::days;

void FindAtSite(const features::SiteHistory::Series& series, std::size_t site, OriginWindow window,
                days recent, IssueKeys& found) {
  if (series.empty()) return;
  std::optional<base::LocalDay> newest = NewestValue(series, window.from - days(1), recent);
  const base::LocalDay last = std::min(window.to, series.last_day() + recent - days(1));
  for (base::LocalDay day = std::max(window.from, series.first_day); day <= last; day += days(1)) {
    if (std::isfinite(series.At(day))) newest = day;
    if (!newest || day - *newest >= recent) continue;
    found.keys.push_back({.site = site, .issue_day = day});
    found.last_observed.push_back(*newest);
  }
}

}  // namespace

IssueKeys FindIssueKeys(const features::SiteHistory& history, airquality::Pollutant pollutant,
                        OriginWindow days, std::chrono::days window) {
  IssueKeys by_site;
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    FindAtSite(history.Get(pollutant, site), site, days, window, by_site);
  }
  std::vector<std::size_t> order(by_site.keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {},
                    [&](std::size_t i) { return std::pair(by_site.keys[i].issue_day, i); });
  IssueKeys keys;
  keys.keys.reserve(order.size());
  keys.last_observed.reserve(order.size());
  for (const std::size_t i : order) {
    keys.keys.push_back(by_site.keys[i]);
    keys.last_observed.push_back(by_site.last_observed[i]);
  }
  return keys;
}

features::FeatureMatrix BuildIssueRows(const features::FeatureBuilder& builder,
                                       airquality::Pollutant pollutant, const IssueKeys& keys,
                                       int threads) {
  features::FeatureMatrix rows = builder.Build(pollutant, keys.keys, threads);
  const auto last = static_cast<std::size_t>(features::FeatureBuilder::Schema(pollutant).Find(
      features::FeatureBuilder::LastValueName(pollutant)));
  for (std::size_t row = 0; row < keys.keys.size(); ++row) {
    if (keys.keys[row].issue_day - keys.last_observed[row] >= kRecent) {
      rows.Row(row)[last] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  return rows;
}

}  // namespace geoclimate::forecast
