#include "geoclimate/airquality/day_from_hours.h"

#include <algorithm>
#include <cmath>

#include "geoclimate/airquality/daily_value.h"

namespace geoclimate::airquality {
namespace {

constexpr std::size_t kWindow = 8;
constexpr std::size_t kWindowNeeds = 6;
constexpr std::size_t kFirstOzoneHour = 7;

using Hours = std::span<const std::optional<Concentration>>;

std::uint8_t Percent(std::size_t known, std::size_t possible) {
  return static_cast<std::uint8_t>(known * 100 / possible);
}

bool Enough(std::size_t known, std::size_t possible) {
  return known * 100 >= std::size_t{kCompleteEnough} * possible;
}

std::size_t Known(Hours hours) {
  return static_cast<std::size_t>(
      std::count_if(hours.begin(), hours.end(), [](const auto& hour) { return bool(hour); }));
}

// Of at least one known hour.
Concentration Mean(Hours hours) {
  double sum = 0;
  for (const auto& hour : hours) {
    if (hour) sum += static_cast<double>(hour->micro());
  }
  return Concentration::FromMicro(std::llround(sum / static_cast<double>(Known(hours))));
}

// The highest mean of the windows that begin at the first of `hours` and the `windows` - 1 after.
std::optional<DayStatistic> HighestMean(Hours hours, std::size_t windows) {
  std::optional<Concentration> highest;
  std::size_t known = 0;
  for (std::size_t i = 0; i < windows; ++i) {
    const Hours window = hours.subspan(i, kWindow);
    if (Known(window) < kWindowNeeds) continue;
    ++known;
    const Concentration mean = Mean(window);
    if (!highest || mean > *highest) highest = mean;
  }
  // Appendix U asks for 13 of 17, a little more than three quarters of them.
  if (!highest || !Enough(known, windows)) return std::nullopt;
  return DayStatistic{*highest, Percent(known, windows)};
}

std::optional<Concentration> Highest(Hours hours) {
  std::optional<Concentration> highest;
  for (const auto& hour : hours) {
    if (hour && (!highest || *hour > *highest)) highest = hour;
  }
  return highest;
}

}  // namespace

std::optional<DayStatistic> DayFromHours(Pollutant pollutant, Statistic statistic,
                                         const DayHours& hours) {
  const Hours all(hours);
  const Hours day = all.subspan(kHoursBefore, kHoursOfDay);
  if (statistic == Statistic::kMax8Hour) {
    return pollutant == Pollutant::kO3 ? HighestMean(all.subspan(kHoursBefore + kFirstOzoneHour),
                                                     kHoursOfDay - kFirstOzoneHour)
                                       : HighestMean(all, kHoursOfDay);
  }
  const std::size_t known = Known(day);
  if (!Enough(known, kHoursOfDay)) return std::nullopt;
  const Concentration value = statistic == Statistic::kMean ? Mean(day) : *Highest(day);
  return DayStatistic{value, Percent(known, kHoursOfDay)};
}

std::span<const Statistic> HourlyStatistics(Pollutant pollutant) {
  static constexpr std::array kParticles = {Statistic::kMean};
  static constexpr std::array kBoth = {Statistic::kMax8Hour, Statistic::kMax1Hour};
  switch (DailyStatistic(pollutant)) {
    case Statistic::kMean:
      return kParticles;
    case Statistic::kMax8Hour:
      return kBoth;
    case Statistic::kMax1Hour:
      return std::span(kBoth).subspan(1);
  }
  return {};
}

std::chrono::hours DayLength(Pollutant pollutant, Statistic statistic) {
  const bool runs_over = pollutant == Pollutant::kO3 && statistic == Statistic::kMax8Hour;
  return std::chrono::hours(runs_over ? kHoursOfDay + kHoursAfter : kHoursOfDay);
}

}  // namespace geoclimate::airquality
