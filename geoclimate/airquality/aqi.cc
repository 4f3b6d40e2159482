#include "geoclimate/airquality/aqi.h"

#include <algorithm>
#include <limits>

#include "geoclimate/base/check.h"

namespace geoclimate::airquality {
namespace {

// How many whole steps a positive amount holds. The few steps that tables use are written out: a
// division by a constant is several times cheaper than one by a variable.
std::int64_t WholeSteps(std::int64_t micro, std::int64_t step_micro) {
  switch (step_micro) {
    case 100'000:
      return micro / 100'000;
    case 1'000'000:
      return micro / 1'000'000;
    case 1'000:
      return micro / 1'000;
    default:
      return micro / step_micro;
  }
}

// Half up: the quotient of n and d rounded is that of 2n + d and 2d cut off. Within a table 32 bits
// hold everything; above it 9.3e15 steps of the finest table times twice a segment's height, 400,
// stay below 2^62.
int Interpolate(const BreakpointSegment& segment, std::int64_t steps) {
  const std::int32_t width = segment.high - segment.low;
  const std::int32_t height = segment.aqi_high - segment.aqi_low;
  if (steps <= segment.high) {
    const std::int32_t rise = height * (static_cast<std::int32_t>(steps) - segment.low);
    return segment.aqi_low + (2 * rise + width) / (2 * width);
  }
  const std::int64_t rise = height * (steps - segment.low);
  const std::int64_t aqi = segment.aqi_low + (2 * rise + width) / (2 * std::int64_t{width});
  return static_cast<int>(std::min<std::int64_t>(aqi, std::numeric_limits<int>::max()));
}

int AqiOnScale(const BreakpointScale& scale, std::int64_t steps) {
  for (const BreakpointSegment& segment : scale.segments) {
    if (steps <= segment.high) return Interpolate(segment, steps);
  }
  if (scale.above == AboveScale::kHold) return scale.held_aqi;
  return Interpolate(scale.segments.back(), steps);
}

AqiValue Evaluate(const BreakpointTable& table, const BreakpointScale& scale,
                  std::int64_t whole_steps) {
  AqiValue value;
  value.aqi = AqiOnScale(scale, whole_steps);
  value.category = CategoryOf(value.aqi);
  value.pollutant = table.pollutant;
  value.statistic = scale.statistic;
  value.truncated = Concentration::FromMicro(whole_steps * table.step_micro);
  value.table = table.name;
  return value;
}

std::int64_t Truncated(const BreakpointTable& table, Concentration concentration) {
  return WholeSteps(std::max<std::int64_t>(concentration.micro(), 0), table.step_micro);
}

std::optional<AqiValue> LargestOfStatistics(const BreakpointTable& table,
                                            std::optional<Concentration> daily,
                                            std::optional<Concentration> second) {
  std::optional<AqiValue> largest;
  if (daily) largest = Aqi(table, *daily);
  if (second) {
    const std::optional<AqiValue> other = AqiOfStatistic(table, table.second.statistic, *second);
    if (other && (!largest || other->aqi > largest->aqi)) largest = other;
  }
  return largest;
}

}  // namespace

AqiValue Aqi(const BreakpointTable& table, Concentration concentration) {
  return Evaluate(table, table.daily, Truncated(table, concentration));
}

AqiValue Aqi(Pollutant pollutant, Concentration concentration) {
  return Aqi(NewestTable(pollutant), concentration);
}

std::optional<AqiValue> AqiOfStatistic(const BreakpointTable& table, Statistic statistic,
                                       Concentration concentration) {
  if (statistic == table.daily.statistic) return Aqi(table, concentration);
  if (table.second.segments.empty() || statistic != table.second.statistic) return std::nullopt;
  const std::int64_t steps = Truncated(table, concentration);
  if (steps < table.second.segments.front().low) return std::nullopt;
  return Evaluate(table, table.second, steps);
}

std::optional<AqiValue> OzoneAqi(const BreakpointTable& table,
                                 std::optional<Concentration> max_8_hour,
                                 std::optional<Concentration> max_1_hour) {
  GC_CHECK(table.pollutant == Pollutant::kO3, "OzoneAqi takes a table of O3");
  return LargestOfStatistics(table, max_8_hour, max_1_hour);
}

std::optional<AqiValue> SulfurDioxideAqi(const BreakpointTable& table,
                                         std::optional<Concentration> max_1_hour,
                                         std::optional<Concentration> mean_24_hour) {
  GC_CHECK(table.pollutant == Pollutant::kSo2, "SulfurDioxideAqi takes a table of SO2");
  return LargestOfStatistics(table, max_1_hour, mean_24_hour);
}

std::optional<AqiValue> DominantAqi(std::span<const AqiValue> values) {
  if (values.empty()) return std::nullopt;
  return *std::max_element(values.begin(), values.end(), [](const AqiValue& a, const AqiValue& b) {
    return a.aqi != b.aqi ? a.aqi < b.aqi : Index(a.pollutant) > Index(b.pollutant);
  });
}

}  // namespace geoclimate::airquality
