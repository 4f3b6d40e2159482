#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "geoclimate/airquality/weather.h"
#include "geoclimate/base/result.h"
#include "geoclimate/formats/yaml.h"

namespace geoclimate::ingest {

// What a column of a weather file can stand for, besides a variable.
enum class WeatherRole : std::uint8_t { kSiteId, kLatitude, kLongitude, kIssued, kValid };
inline constexpr std::size_t kWeatherRoleCount = 5;

// What files of weather forecasts can hold: config/weather/*.yaml, read. weather_csv.yaml explains
// the keys.
struct WeatherTable {
  std::array<std::vector<std::string>, kWeatherRoleCount> headers;  // normalised, by role
  std::vector<airquality::WeatherVariable> variables;
  std::vector<std::string> variable_headers;  // normalised, beside them
};

// Several documents are one table: their variables in the order of the documents. kInvalidArgument
// naming file, line and key of what is missing, unknown or contradictory.
base::Result<WeatherTable> ParseWeatherTable(std::span<const formats::YamlValue> documents);

// The one that the program was built with.
base::Result<WeatherTable> BuiltInWeatherTable();
// Every *.yaml of a folder, ordered by file name; kNotFound when there is none.
base::Result<WeatherTable> LoadWeatherTable(const std::filesystem::path& folder);

}  // namespace geoclimate::ingest
