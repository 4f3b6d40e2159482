#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "geoclimate/airquality/concentration.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/result.h"

namespace geoclimate::ingest {

// Units in which public services give concentrations; the same pollutant in different ones even
// within one answer.
enum class MeasureUnit : std::uint8_t {
  kMicrogramsPerCubicMeter,
  kMilligramsPerCubicMeter,
  kPartsPerMillion,
  kPartsPerBillion,
};

// "ug/m3", "µg/m³" (with either of Unicode's two letters), "UG/M3", "mg/m³", "ppm", "PPB". Nothing
// for any other text.
std::optional<MeasureUnit> ParseMeasureUnit(std::string_view text);

// In the pollutant's EPA unit, rounded to the millionth. Gases from mass to volume at 25 °C and one
// atmosphere, as EPA does: ppb for a µg/m³ are 0.509 (O3), 0.532 (NO2), 0.382 (SO2) and 0.873 (CO).
// kInvalidArgument for particles by volume, kOutOfRange past a billion of any unit.
base::Result<airquality::Concentration> ToEpaUnit(airquality::Pollutant pollutant,
                                                  airquality::Concentration value,
                                                  MeasureUnit unit);

}  // namespace geoclimate::ingest
