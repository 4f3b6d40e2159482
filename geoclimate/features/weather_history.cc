#include "geoclimate/features/weather_history.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <tuple>
#include <utility>

#include "geoclimate/base/check.h"

namespace geoclimate::features {
namespace {

using airquality::DailyReduction;
using airquality::WeatherPlace;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

std::int64_t Seconds(base::Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

auto KeyOf(const WeatherPlace& place) {
  const auto* const site = std::get_if<airquality::SiteId>(&place);
  const auto* const point = std::get_if<airquality::Coordinates>(&place);
  return std::tuple(place.index(), site != nullptr ? site->number() : 0,
                    point != nullptr ? point->latitude : 0,
                    point != nullptr ? point->longitude : 0);
}

struct Moment {
  std::int32_t minute;
  double value;
};

float MeanDirection(std::span<const Moment> moments) {
  double east = 0;
  double north = 0;
  for (const Moment& moment : moments) {
    const double radians = moment.value * std::numbers::pi / 180;
    east += std::sin(radians);
    north += std::cos(radians);
  }
  // From all sides alike: none.
  if (std::hypot(east, north) < 1e-9 * static_cast<double>(moments.size())) return kMissing;
  const double degrees = std::atan2(east, north) * 180 / std::numbers::pi;
  return static_cast<float>(degrees < 0 ? degrees + 360 : degrees);
}

float ReduceMoments(DailyReduction reduction, std::span<const Moment> moments) {
  double sum = 0;
  double least = moments.front().value;
  double most = moments.front().value;
  for (const Moment& moment : moments) {
    sum += moment.value;
    least = std::min(least, moment.value);
    most = std::max(most, moment.value);
  }
  switch (reduction) {
    case DailyReduction::kMean:
      return static_cast<float>(sum / static_cast<double>(moments.size()));
    case DailyReduction::kMax:
      return static_cast<float>(most);
    case DailyReduction::kMin:
      return static_cast<float>(least);
    case DailyReduction::kSum:
      return static_cast<float>(sum);
    case DailyReduction::kDirection:
      return MeanDirection(moments);
  }
  return kMissing;
}

}  // namespace

bool WeatherHistory::Builder::PlaceLess::operator()(const WeatherPlace& a,
                                                    const WeatherPlace& b) const {
  return KeyOf(a) < KeyOf(b);
}

WeatherHistory::Builder::Builder(std::vector<airquality::WeatherVariable> variables)
    : variables_(std::move(variables)) {}

void WeatherHistory::Builder::Add(const airquality::WeatherForecast& forecast,
                                  std::span<const float> values) {
  GC_CHECK(values.size() == variables_.size(), "one value a variable");
  if (rows_.empty() || last_place_.first != forecast.place) {
    const auto [entry, added] =
        places_.try_emplace(forecast.place, static_cast<std::uint32_t>(places_.size()));
    last_place_ = *entry;
  }
  rows_.push_back({.issued_s = Seconds(forecast.issued_at),
                   .place = last_place_.second,
                   .valid_day = base::DayNumber(forecast.valid_day),
                   .minute = forecast.valid_time
                                 ? static_cast<std::int32_t>(forecast.valid_time->count())
                                 : kWholeDay});
  values_.insert(values_.end(), values.begin(), values.end());
}

std::span<const float> WeatherHistory::Builder::ValuesOf(std::size_t row) const {
  return std::span(values_).subspan(row * variables_.size(), variables_.size());
}

std::vector<std::uint32_t> WeatherHistory::Builder::Order() const {
  std::vector<std::uint32_t> rank(places_.size());
  std::uint32_t next = 0;
  for (const auto& [place, number] : places_) rank[number] = next++;
  std::vector<std::uint32_t> order(rows_.size());
  std::iota(order.begin(), order.end(), 0U);
  // Rows that are equal in all of these may come in any order: Reduce() does not tell them apart.
  std::ranges::sort(order, {}, [&](std::uint32_t i) {
    const Row& row = rows_[i];
    return std::tuple(rank[row.place], row.valid_day, row.issued_s, row.minute, i);
  });
  return order;
}

float WeatherHistory::Builder::Reduce(std::size_t variable,
                                      std::span<const std::uint32_t> rows) const {
  std::vector<Moment> moments;
  for (const std::uint32_t row : rows) {
    const float value = ValuesOf(row)[variable];
    if (!std::isfinite(value)) continue;
    const std::int32_t minute = rows_[row].minute;
    if (!moments.empty() && moments.back().minute == minute) {
      moments.back().value = std::max(moments.back().value, double{value});
    } else if (moments.empty() || moments.front().minute != kWholeDay) {
      moments.push_back({minute, double{value}});
    }
  }
  if (moments.empty()) return kMissing;
  if (moments.front().minute == kWholeDay) return static_cast<float>(moments.front().value);
  const std::chrono::minutes span(moments.back().minute - moments.front().minute);
  if (span < kLeastSpan) return kMissing;
  return ReduceMoments(variables_[variable].daily, moments);
}

WeatherHistory WeatherHistory::Builder::Finish() && {
  GC_CHECK(rows_.size() < std::numeric_limits<std::uint32_t>::max(), "rows are numbered");
  const std::vector<std::uint32_t> order = Order();
  WeatherHistory history;
  for (const auto& [place, number] : places_) history.places_.push_back(place);
  const auto same_place = [&](std::size_t a, std::size_t b) {
    return rows_[order[a]].place == rows_[order[b]].place;
  };
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    const Row& first = rows_[order[begin]];
    while (end < order.size() && same_place(begin, end) &&
           rows_[order[end]].valid_day == first.valid_day &&
           rows_[order[end]].issued_s == first.issued_s) {
      ++end;
    }
    history.issues_.push_back({.issued_s = first.issued_s, .valid_day = first.valid_day});
    for (std::size_t variable = 0; variable < variables_.size(); ++variable) {
      history.values_.push_back(Reduce(variable, std::span(order).subspan(begin, end - begin)));
    }
    if (end == order.size() || !same_place(begin, end)) {
      history.offsets_.push_back(history.issues_.size());
    }
  }
  history.variables_ = std::move(variables_);
  return history;
}

std::span<const WeatherHistory::Issue> WeatherHistory::IssuesOf(std::size_t place) const {
  return std::span(issues_).subspan(offsets_[place], offsets_[place + 1] - offsets_[place]);
}

std::span<const float> WeatherHistory::ValuesOf(std::size_t place) const {
  const std::size_t width = variables_.size();
  return std::span(values_).subspan(offsets_[place] * width,
                                    (offsets_[place + 1] - offsets_[place]) * width);
}

float WeatherHistory::Newest(std::size_t place, std::size_t variable, base::LocalDay valid_day,
                             base::Timestamp known_until) const {
  const std::span<const Issue> issues = IssuesOf(place);
  const std::int32_t day = base::DayNumber(valid_day);
  const auto later = std::ranges::upper_bound(
      issues, std::pair(day, Seconds(known_until)), {},
      [](const Issue& issue) { return std::pair(issue.valid_day, issue.issued_s); });
  const std::span<const float> values = ValuesOf(place);
  for (auto i = later - issues.begin() - 1; i >= 0; --i) {
    const auto at = static_cast<std::size_t>(i);
    if (issues[at].valid_day != day) break;
    const float value = values[at * variables_.size() + variable];
    if (std::isfinite(value)) return value;
  }
  return kMissing;
}

}  // namespace geoclimate::features
