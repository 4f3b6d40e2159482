#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::airquality {

// The six pollutants with an AQI. The values are indexes into arrays of kPollutantCount and are
// stored: never renumber.
enum class Pollutant : std::uint8_t { kPm25 = 0, kPm10 = 1, kO3 = 2, kNo2 = 3, kSo2 = 4, kCo = 5 };

inline constexpr int kPollutantCount = 6;
inline constexpr std::array<Pollutant, kPollutantCount> kPollutants = {
    Pollutant::kPm25, Pollutant::kPm10, Pollutant::kO3,
    Pollutant::kNo2,  Pollutant::kSo2,  Pollutant::kCo};

constexpr int Index(Pollutant pollutant) {
  return static_cast<int>(pollutant);
}

// Units in which EPA's daily files give the six pollutants.
enum class Unit : std::uint8_t {
  kMicrogramsPerCubicMeter = 0,
  kPartsPerMillion = 1,
  kPartsPerBillion = 2
};

// An AQS parameter code, such as 88101.
using ParameterCode = std::uint32_t;

struct PollutantTraits {
  Pollutant pollutant;
  std::string_view name;       // "PM2.5", as people and our JSON write it
  std::string_view slug;       // "pm25", in file names and feature names
  ParameterCode parameter;     // the code of the reference method: 88101 for PM2.5
  Unit unit;                   // of EPA's daily file
  std::string_view unit_name;  // "ug/m3", "ppm", "ppb"
};

const PollutantTraits& Traits(Pollutant pollutant);
inline std::string_view Name(Pollutant pollutant) {
  return Traits(pollutant).name;
}
inline std::string_view Slug(Pollutant pollutant) {
  return Traits(pollutant).slug;
}

// Accepts name, slug and common spellings in any case: "PM2.5", "pm25", "Ozone", "o3", "88101".
// kInvalidArgument naming the text and the names that are known.
base::Result<Pollutant> ParsePollutant(std::string_view text);

// 88101 and 88502 are PM2.5; nothing for a parameter that has no AQI, such as lead (14129, 85129).
std::optional<Pollutant> PollutantOf(ParameterCode parameter);

}  // namespace geoclimate::airquality
