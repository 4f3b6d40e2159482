#include "geoclimate/forecast/baselines.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/forecast/recency.h"

namespace geoclimate::forecast {
namespace {

using features::DailyStatistics;
using features::RowKey;
using std::chrono::days;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

constexpr std::size_t kNearestSites = 5;

constexpr std::size_t Index(Baseline baseline) {
  return static_cast<std::size_t>(baseline);
}

float Damp(float reference, float last, double rho) {
  const auto from = static_cast<double>(reference);
  return static_cast<float>(from + rho * (static_cast<double>(last) - from));
}

std::vector<std::size_t> OrderByDay(std::span<const RowKey> keys) {
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(keys[a].issue_day, a) < std::tie(keys[b].issue_day, b);
  });
  return order;
}

}  // namespace

std::string_view BaselineName(Baseline baseline) {
  switch (baseline) {
    case Baseline::kPersistence:
      return "persistence";
    case Baseline::kMean7:
      return "mean7";
    case Baseline::kMean30:
      return "mean30";
    case Baseline::kDampedMean30:
      return "damped_mean30";
    case Baseline::kDampedExpandingMean:
      return "damped_mean_all";
    case Baseline::kClimatology:
      return "climatology";
  }
  return "";
}

Baselines::Baselines(const features::SiteHistory& history, airquality::Pollutant pollutant,
                     std::span<const int> horizons)
    : statistics_(history, pollutant), positions_(history.sites()) {
  base::LocalDay last_day;
  for (std::uint32_t site = 0; site < history.sites().size(); ++site) {
    const features::SiteHistory::Series& series = statistics_.series(site);
    if (series.empty()) continue;
    first_day_ = active_.empty() ? series.first_day : std::min(first_day_, series.first_day);
    last_day = active_.empty() ? series.last_day() : std::max(last_day, series.last_day());
    active_.push_back(site);
  }
  if (!active_.empty()) days_ = static_cast<std::size_t>((last_day - first_day_).count()) + 1;
  for (const int horizon : horizons) {
    GC_CHECK(horizon >= 1 && horizon <= kMaxHorizon, "a lead time is 1 to kMaxHorizon days");
    damping_.push_back(FitDamping(horizon));
  }
}

Baselines::Damping Baselines::FitDamping(int horizon_days) const {
  Damping damping{horizon_days, std::vector<Regression>(days_), std::vector<Regression>(days_)};
  const auto add = [](Regression& sums, float reference, float last, float observed) {
    const double x = static_cast<double>(last) - static_cast<double>(reference);
    sums.xy += x * (static_cast<double>(observed) - static_cast<double>(reference));
    sums.xx += x * x;
  };
  for (const std::uint32_t site : active_) {
    const features::SiteHistory::Series& series = statistics_.series(site);
    for (std::size_t i = static_cast<std::size_t>(horizon_days); i < series.values.size(); ++i) {
      if (std::isnan(series.values[i])) continue;
      const base::LocalDay valid = series.first_day + days(i);
      const base::LocalDay issued = valid - days(horizon_days);
      const DailyStatistics::Last last = statistics_.LastValue(site, issued);
      if (days(last.age_days) >= kRecent) continue;
      const auto day = static_cast<std::size_t>((valid - first_day_).count());
      add(damping.around_mean30[day], statistics_.Mean(site, issued, 30), last.value,
          series.values[i]);
      add(damping.around_mean[day], statistics_.ExpandingMean(site, issued), last.value,
          series.values[i]);
    }
  }
  const auto accumulate = [](std::vector<Regression>& sums) {
    for (std::size_t day = 1; day < sums.size(); ++day) {
      sums[day].xy += sums[day - 1].xy;
      sums[day].xx += sums[day - 1].xx;
    }
  };
  accumulate(damping.around_mean30);
  accumulate(damping.around_mean);
  return damping;
}

const Baselines::Damping& Baselines::DampingOf(int horizon_days) const {
  const auto found = std::find_if(damping_.begin(), damping_.end(), [&](const Damping& damping) {
    return damping.horizon_days == horizon_days;
  });
  GC_CHECK(found != damping_.end(), "the lead time was given to the constructor");
  return *found;
}

double Baselines::Rho(Baseline damped, base::LocalDay issue_day, int horizon_days) const {
  GC_CHECK(damped == Baseline::kDampedMean30 || damped == Baseline::kDampedExpandingMean,
           "only the damped baselines have a rho");
  const Damping& damping = DampingOf(horizon_days);
  const std::vector<Regression>& by_day =
      damped == Baseline::kDampedMean30 ? damping.around_mean30 : damping.around_mean;
  const auto before = (issue_day - first_day_).count();
  if (before <= 0 || by_day.empty()) return 0;
  const Regression& sums = by_day[std::min(static_cast<std::size_t>(before), by_day.size()) - 1];
  return sums.xx > 0 ? std::clamp(sums.xy / sums.xx, 0.0, 1.0) : 0.0;
}

BaselineValues Baselines::OwnValues(const RowKey& key, int horizon_days) const {
  BaselineValues values;
  const DailyStatistics::Last last = statistics_.LastValue(key.site, key.issue_day);
  values.fill(kMissing);
  if (last.age_days < 0) return values;
  const auto or_last = [&](float mean) { return std::isnan(mean) ? last.value : mean; };
  const float mean7 = or_last(statistics_.Mean(key.site, key.issue_day, 7));
  const float mean30 = or_last(statistics_.Mean(key.site, key.issue_day, 30));
  const float mean = statistics_.ExpandingMean(key.site, key.issue_day);
  values[Index(Baseline::kPersistence)] = last.value;
  values[Index(Baseline::kMean7)] = mean7;
  values[Index(Baseline::kMean30)] = mean30;
  values[Index(Baseline::kDampedMean30)] =
      Damp(mean30, last.value, Rho(Baseline::kDampedMean30, key.issue_day, horizon_days));
  values[Index(Baseline::kDampedExpandingMean)] =
      Damp(mean, last.value, Rho(Baseline::kDampedExpandingMean, key.issue_day, horizon_days));
  values[Index(Baseline::kClimatology)] =
      statistics_.SeasonalMean(key.site, key.issue_day + days(horizon_days));
  return values;
}

Baselines::Season Baselines::SeasonOf(base::LocalDay valid_day) const {
  Season season;
  for (const std::uint32_t site : active_) {
    const float mean = statistics_.SeasonalMean(site, valid_day);
    if (std::isnan(mean)) continue;
    season.sites.push_back(site);
    season.means.push_back(mean);
  }
  return season;
}

float Baselines::NearestClimatology(std::size_t site, const Season& season) const {
  // The five smallest by distance, then index; sites come in the order of their indexes.
  std::array<std::pair<double, float>, kNearestSites> nearest;
  std::size_t found = 0;
  for (std::size_t i = 0; i < season.sites.size(); ++i) {
    const double chord = positions_.SquaredChord(site, season.sites[i]);
    if (std::isnan(chord) || (found == kNearestSites && chord >= nearest[found - 1].first)) {
      continue;
    }
    if (found < kNearestSites) ++found;
    std::size_t at = found - 1;
    for (; at > 0 && nearest[at - 1].first > chord; --at) nearest[at] = nearest[at - 1];
    nearest[at] = {chord, season.means[i]};
  }
  if (found == 0) return kMissing;
  double sum = 0;
  for (std::size_t i = 0; i < found; ++i) sum += static_cast<double>(nearest[i].second);
  return static_cast<float>(sum / static_cast<double>(found));
}

BaselineValues Baselines::At(const RowKey& key, int horizon_days) const {
  const BaselineColumns columns = Columns({&key, 1}, horizon_days);
  BaselineValues values{};
  for (std::size_t b = 0; b < kBaselineCount; ++b) values[b] = columns[b].front();
  return values;
}

BaselineColumns Baselines::Columns(std::span<const RowKey> keys, int horizon_days) const {
  BaselineColumns columns;
  for (std::vector<float>& column : columns) column.resize(keys.size());
  // The season of a day is worked out when the first of its rows needs other sites.
  Season season;
  std::optional<base::LocalDay> season_day;
  for (const std::size_t row : OrderByDay(keys)) {
    BaselineValues values = OwnValues(keys[row], horizon_days);
    float& climatology = values[Index(Baseline::kClimatology)];
    if (std::isnan(climatology) && !std::isnan(values[Index(Baseline::kPersistence)])) {
      const base::LocalDay valid_day = keys[row].issue_day + days(horizon_days);
      if (season_day != valid_day) {
        season = SeasonOf(valid_day);
        season_day = valid_day;
      }
      climatology = NearestClimatology(keys[row].site, season);
      if (std::isnan(climatology)) {
        climatology = statistics_.ExpandingMean(keys[row].site, keys[row].issue_day);
      }
    }
    for (std::size_t b = 0; b < kBaselineCount; ++b) columns[b][row] = values[b];
  }
  return columns;
}

}  // namespace geoclimate::forecast
