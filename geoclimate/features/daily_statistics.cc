#include "geoclimate/features/daily_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace geoclimate::features {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

base::LocalDay SameDateIn(std::chrono::year_month_day date, std::chrono::year year) {
  std::chrono::year_month_day moved = year / date.month() / date.day();
  if (!moved.ok()) moved = year / date.month() / std::chrono::last;
  return base::LocalDay(moved);
}

}  // namespace

DailyStatistics::DailyStatistics(const SiteHistory& history, airquality::Pollutant pollutant) {
  std::size_t days = 0;
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    series_.push_back(history.Get(pollutant, site));
    offsets_.push_back(days);
    days += series_.back().values.size();
  }
  sums_.reserve(days);
  counts_.reserve(days);
  newest_.reserve(days);
  for (const SiteHistory::Series& series : series_) {
    double sum = 0;
    std::uint32_t count = 0;
    std::uint32_t newest = 0;
    for (std::uint32_t i = 0; i < series.values.size(); ++i) {
      if (!std::isnan(series.values[i])) {
        sum += static_cast<double>(series.values[i]);
        ++count;
        newest = i;
      }
      sums_.push_back(sum);
      counts_.push_back(count);
      newest_.push_back(newest);
    }
  }
}

DailyStatistics::Last DailyStatistics::LastValue(std::size_t site, base::LocalDay day) const {
  const SiteHistory::Series& series = series_[site];
  if (series.empty() || day < series.first_day) return {kMissing, -1};
  const auto index = static_cast<std::size_t>((day - series.first_day).count());
  const std::size_t newest = newest_[offsets_[site] + std::min(index, series.values.size() - 1)];
  return {series.values[newest], static_cast<int>(index - newest)};
}

float DailyStatistics::Mean(std::size_t site, base::LocalDay day, int days) const {
  const Last last = LastValue(site, day);
  if (last.age_days < 0 || last.age_days >= days) return kMissing;
  const SiteHistory::Series& series = series_[site];
  const auto newest = (day - series.first_day).count() - last.age_days;
  const auto oldest = std::max<std::int64_t>(0, newest + last.age_days - days + 1);
  // Sums of differences to one of the values: exact for a constant series, and precise for a large
  // mean with a small spread.
  const auto reference = static_cast<double>(last.value);
  double sum = 0;
  int count = 0;
  for (auto i = newest; i >= oldest; --i) {
    const float value = series.values[static_cast<std::size_t>(i)];
    const bool present = !std::isnan(value);
    sum += present ? static_cast<double>(value) - reference : 0.0;
    count += present ? 1 : 0;
  }
  return static_cast<float>(reference + sum / count);
}

DailyStatistics::Total DailyStatistics::TotalTo(std::size_t site, base::LocalDay day) const {
  const SiteHistory::Series& series = series_[site];
  if (series.empty() || day < series.first_day) return {};
  const auto index = static_cast<std::size_t>((day - series.first_day).count());
  const std::size_t at = offsets_[site] + std::min(index, series.values.size() - 1);
  return {sums_[at], counts_[at]};
}

float DailyStatistics::ExpandingMean(std::size_t site, base::LocalDay day) const {
  const Total total = TotalTo(site, day);
  if (total.count == 0) return kMissing;
  return static_cast<float>(total.sum / static_cast<double>(total.count));
}

float DailyStatistics::SeasonalMean(std::size_t site, base::LocalDay center) const {
  const SiteHistory::Series& series = series_[site];
  constexpr std::chrono::days kHalf(kSeasonDays);
  const std::chrono::year_month_day date(center);
  Total season;
  if (series.empty()) return kMissing;
  for (std::chrono::year year = date.year() - std::chrono::years(1);; --year) {
    const base::LocalDay middle = SameDateIn(date, year);
    if (middle + kHalf < series.first_day) break;
    const Total to = TotalTo(site, middle + kHalf);
    const Total before = TotalTo(site, middle - kHalf - std::chrono::days(1));
    season.sum += to.sum - before.sum;
    season.count += to.count - before.count;
  }
  if (season.count == 0) return kMissing;
  return static_cast<float>(season.sum / static_cast<double>(season.count));
}

}  // namespace geoclimate::features
