#include "geoclimate/ingest/fetch/measure_unit.h"

#include <array>
#include <cstdlib>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/ingest/source_description.h"

namespace geoclimate::ingest {
namespace {

using airquality::Concentration;
using airquality::Pollutant;
using airquality::Unit;

constexpr std::array<std::pair<std::string_view, MeasureUnit>, 10> kNames = {
    {{"ug/m3", MeasureUnit::kMicrogramsPerCubicMeter},
     {"ug/m\u00b3", MeasureUnit::kMicrogramsPerCubicMeter},
     {"\u00b5g/m3", MeasureUnit::kMicrogramsPerCubicMeter},
     {"\u00b5g/m\u00b3", MeasureUnit::kMicrogramsPerCubicMeter},
     {"\u03bcg/m3", MeasureUnit::kMicrogramsPerCubicMeter},
     {"\u03bcg/m\u00b3", MeasureUnit::kMicrogramsPerCubicMeter},
     {"mg/m3", MeasureUnit::kMilligramsPerCubicMeter},
     {"mg/m\u00b3", MeasureUnit::kMilligramsPerCubicMeter},
     {"ppm", MeasureUnit::kPartsPerMillion},
     {"ppb", MeasureUnit::kPartsPerBillion}}};

// Thousandths of a ppb for a µg/m³.
std::int64_t VolumeOfMass(Pollutant pollutant) {
  switch (pollutant) {
    case Pollutant::kO3:
      return 509;
    case Pollutant::kNo2:
      return 532;
    case Pollutant::kSo2:
      return 382;
    case Pollutant::kCo:
      return 873;
    default:
      return 0;
  }
}

std::int64_t Divided(std::int64_t value, std::int64_t by) {
  return (value + (value < 0 ? -by / 2 : by / 2)) / by;
}

// In millionths of a ppb.
std::int64_t PartsPerBillion(Pollutant pollutant, std::int64_t micro, MeasureUnit unit) {
  switch (unit) {
    case MeasureUnit::kMicrogramsPerCubicMeter:
      return Divided(micro * VolumeOfMass(pollutant), 1000);
    case MeasureUnit::kMilligramsPerCubicMeter:
      return micro * VolumeOfMass(pollutant);
    case MeasureUnit::kPartsPerMillion:
      return micro * 1000;
    case MeasureUnit::kPartsPerBillion:
      return micro;
  }
  return micro;
}

}  // namespace

std::optional<MeasureUnit> ParseMeasureUnit(std::string_view text) {
  const std::string normal = NormalizeText(text);
  for (const auto& [name, unit] : kNames) {
    if (name == normal) return unit;
  }
  return std::nullopt;
}

base::Result<Concentration> ToEpaUnit(Pollutant pollutant, Concentration value, MeasureUnit unit) {
  // Keeps every product below within 63 bits.
  constexpr std::int64_t kMost = 1'000'000'000'000'000;
  if (std::abs(value.micro()) > kMost) {
    return base::OutOfRange(fmt::format("{} is no concentration", value.ToString()));
  }
  const Unit target = airquality::Traits(pollutant).unit;
  if (target == Unit::kMicrogramsPerCubicMeter) {
    if (unit == MeasureUnit::kMicrogramsPerCubicMeter) return value;
    if (unit == MeasureUnit::kMilligramsPerCubicMeter) {
      return Concentration::FromMicro(value.micro() * 1000);
    }
    return base::InvalidArgument(
        fmt::format("{} are not measured by volume", airquality::Name(pollutant)));
  }
  // Where nothing is converted, nothing is rounded.
  if (target == Unit::kPartsPerMillion && unit == MeasureUnit::kPartsPerMillion) return value;
  const std::int64_t ppb = PartsPerBillion(pollutant, value.micro(), unit);
  return Concentration::FromMicro(target == Unit::kPartsPerMillion ? Divided(ppb, 1000) : ppb);
}

}  // namespace geoclimate::ingest
