#include "geoclimate/airquality/nowcast.h"

#include <algorithm>
#include <cmath>

#include "geoclimate/airquality/breakpoints.h"

namespace geoclimate::airquality {
namespace {

constexpr std::size_t kNewestHours = 3;
constexpr std::size_t kNewestHoursNeeded = 2;
constexpr double kSmallestWeight = 0.5;
constexpr std::int64_t kSurrogateOffsetMicro = 4'500;  // 4.5 ppb in ppm

struct WindowRange {
  std::int64_t lowest = 0;
  std::int64_t highest = 0;
};

std::optional<WindowRange> Range(HourlyWindow hours) {
  std::optional<WindowRange> range;
  for (const std::optional<Concentration>& hour : hours) {
    if (!hour) continue;
    if (!range) range = WindowRange{hour->micro(), hour->micro()};
    range->lowest = std::min(range->lowest, hour->micro());
    range->highest = std::max(range->highest, hour->micro());
  }
  return range;
}

double WeightedMean(HourlyWindow hours, double factor) {
  double sum = 0;
  double weights = 0;
  double weight = 1;
  for (const std::optional<Concentration>& hour : hours) {
    if (hour) {
      sum += weight * static_cast<double>(hour->micro());
      weights += weight;
    }
    weight *= factor;
  }
  return sum / weights;
}

// The mean of twelve equal hours of 9.1 may come out as 9.0999..., which must not lose a step.
Concentration TruncatedTo(std::int64_t step_micro, double micro) {
  constexpr double kRounding = 1e-9;
  const double steps = std::floor(micro / static_cast<double>(step_micro) + kRounding);
  return Concentration::FromMicro(static_cast<std::int64_t>(std::max(steps, 0.0)) * step_micro);
}

}  // namespace

std::string_view NowCastMethodName(NowCastMethod method) {
  return method == NowCastMethod::kOzoneSurrogate ? "nowcast (ozone surrogate)" : "nowcast";
}

std::optional<NowCast> ParticleNowCast(Pollutant pollutant, HourlyWindow hours) {
  const auto newest = hours.first<kNewestHours>();
  if (std::count_if(newest.begin(), newest.end(), [](const auto& hour) { return bool(hour); }) <
      static_cast<std::ptrdiff_t>(kNewestHoursNeeded)) {
    return std::nullopt;
  }
  const WindowRange range = *Range(hours);
  if (range.highest <= 0) return NowCast{Concentration(), NowCastMethod::kWeighted};
  const double factor = std::max(
      static_cast<double>(range.lowest) / static_cast<double>(range.highest), kSmallestWeight);
  return NowCast{TruncatedTo(NewestTable(pollutant).step_micro, WeightedMean(hours, factor)),
                 NowCastMethod::kWeighted};
}

std::optional<NowCast> OzoneNowCast(HourlyWindow hours) {
  const auto newest = hours.first<kNewestHours>();
  const auto hour =
      std::find_if(newest.begin(), newest.end(), [](const auto& value) { return bool(value); });
  if (hour == newest.end()) return std::nullopt;
  const WindowRange range = *Range(hours);
  if (range.lowest == 0 && range.highest == 0) {
    return NowCast{Concentration(), NowCastMethod::kOzoneSurrogate};
  }
  const std::int64_t micro = (*hour)->micro();
  const std::int64_t surrogate = micro / 100 * 85 + micro % 100 * 85 / 100 + kSurrogateOffsetMicro;
  const std::int64_t step = NewestTable(Pollutant::kO3).step_micro;
  return NowCast{Concentration::FromMicro(std::max<std::int64_t>(surrogate, 0) / step * step),
                 NowCastMethod::kOzoneSurrogate};
}

std::optional<NowCast> ComputeNowCast(Pollutant pollutant, HourlyWindow hours) {
  if (!HasNowCast(pollutant)) return std::nullopt;
  if (pollutant == Pollutant::kO3) return OzoneNowCast(hours);
  return ParticleNowCast(pollutant, hours);
}

bool HasNowCast(Pollutant pollutant) {
  return pollutant == Pollutant::kPm25 || pollutant == Pollutant::kPm10 ||
         pollutant == Pollutant::kO3;
}

}  // namespace geoclimate::airquality
