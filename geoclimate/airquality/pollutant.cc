#include "geoclimate/airquality/pollutant.h"

#include <fmt/format.h>

#include <charconv>
#include <string>

namespace geoclimate::airquality {
namespace {

constexpr std::array<PollutantTraits, kPollutantCount> kTraits = {{
    {Pollutant::kPm25, "PM2.5", "pm25", 88101, Unit::kMicrogramsPerCubicMeter, "ug/m3"},
    {Pollutant::kPm10, "PM10", "pm10", 81102, Unit::kMicrogramsPerCubicMeter, "ug/m3"},
    {Pollutant::kO3, "O3", "o3", 44201, Unit::kPartsPerMillion, "ppm"},
    {Pollutant::kNo2, "NO2", "no2", 42602, Unit::kPartsPerBillion, "ppb"},
    {Pollutant::kSo2, "SO2", "so2", 42401, Unit::kPartsPerBillion, "ppb"},
    {Pollutant::kCo, "CO", "co", 42101, Unit::kPartsPerMillion, "ppm"},
}};

}  // namespace

const PollutantTraits& Traits(Pollutant pollutant) {
  return kTraits[static_cast<std::size_t>(pollutant)];
}

base::Result<Pollutant> ParsePollutant(std::string_view text) {
  std::string lower;
  for (const char c : text) {
    if (c != '.' && c != ' ' && c != '_' && c != '-') {
      lower += (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  for (const PollutantTraits& traits : kTraits) {
    if (lower == traits.slug) return traits.pollutant;
  }
  if (lower == "ozone") return Pollutant::kO3;
  ParameterCode code = 0;
  const auto [end, error] = std::from_chars(lower.data(), lower.data() + lower.size(), code);
  if (error == std::errc() && end == lower.data() + lower.size()) {
    if (const std::optional<Pollutant> pollutant = PollutantOf(code)) return *pollutant;
  }
  return base::InvalidArgument(fmt::format(
      "'{}' is not a pollutant with an AQI; known are PM2.5, PM10, O3, NO2, SO2, CO", text));
}

std::optional<Pollutant> PollutantOf(ParameterCode parameter) {
  if (parameter == 88502) return Pollutant::kPm25;
  for (const PollutantTraits& traits : kTraits) {
    if (parameter == traits.parameter) return traits.pollutant;
  }
  return std::nullopt;
}

}  // namespace geoclimate::airquality
