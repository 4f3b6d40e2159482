#include "geoclimate/forecast/distribution.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "geoclimate/airquality/aqi.h"
#include "geoclimate/base/check.h"

namespace geoclimate::forecast {
namespace {

constexpr auto& kLevels = model::kQuantileLevels;
constexpr std::size_t kLast = kLevels.size() - 1;
static_assert(kLevels[0] == 0.05 && kLevels[1] == 0.1 && kLevels[kLast - 1] == 0.9 &&
                  kLevels[kLast] == 0.95,
              "the tails halve from their second level to their last");

double Quantile(const model::Distribution& distribution, std::size_t level) {
  return double{distribution.quantiles[level]};
}

// The distance over which a tail falls to 1/e.
double LowerScale(const model::Distribution& distribution) {
  return (Quantile(distribution, 1) - Quantile(distribution, 0)) / std::numbers::ln2;
}
double UpperScale(const model::Distribution& distribution) {
  return (Quantile(distribution, kLast) - Quantile(distribution, kLast - 1)) / std::numbers::ln2;
}

// exp(-distance / scale), 0 for an empty tail.
double TailShare(double distance, double scale) {
  return scale > 0 ? std::exp(-distance / scale) : 0;
}

}  // namespace

double ProbabilityBelow(const model::Distribution& distribution, double x) {
  const double lowest = Quantile(distribution, 0);
  const double highest = Quantile(distribution, kLast);
  if (x <= lowest) return kLevels[0] * TailShare(lowest - x, LowerScale(distribution));
  if (x > highest) {
    return 1 - (1 - kLevels[kLast]) * TailShare(x - highest, UpperScale(distribution));
  }
  std::size_t above = 1;
  while (Quantile(distribution, above) < x) ++above;
  const double low = Quantile(distribution, above - 1);
  const double share = (x - low) / (Quantile(distribution, above) - low);
  return kLevels[above - 1] + share * (kLevels[above] - kLevels[above - 1]);
}

double QuantileAt(const model::Distribution& distribution, double level) {
  if (level < kLevels[0]) {
    return Quantile(distribution, 0) + LowerScale(distribution) * std::log(level / kLevels[0]);
  }
  if (level >= kLevels[kLast]) {
    return Quantile(distribution, kLast) -
           UpperScale(distribution) * std::log((1 - level) / (1 - kLevels[kLast]));
  }
  std::size_t above = 1;
  while (kLevels[above] <= level) ++above;
  const double share = (level - kLevels[above - 1]) / (kLevels[above] - kLevels[above - 1]);
  const double low = Quantile(distribution, above - 1);
  return low + share * (Quantile(distribution, above) - low);
}

std::int32_t AqiOf(const airquality::BreakpointTable& table, double concentration) {
  // Far above anything that an AQI tells apart, and within what a Concentration holds.
  constexpr double kLargest = 1e9;
  return airquality::Aqi(
             table, airquality::Concentration::FromDouble(std::clamp(concentration, 0.0, kLargest)))
      .aqi;
}

double ProbabilityOver100(const airquality::BreakpointTable& table,
                          const model::Distribution& distribution) {
  const auto segment =
      std::ranges::find(table.daily.segments, 101, &airquality::BreakpointSegment::aqi_low);
  GC_CHECK(segment != table.daily.segments.end(), "every table has a category that begins at 101");
  const double lowest_over =
      static_cast<double>(std::int64_t{segment->low} * table.step_micro) * 1e-6;
  return std::clamp(1 - ProbabilityBelow(distribution, lowest_over), 0.0, 1.0);
}

}  // namespace geoclimate::forecast
