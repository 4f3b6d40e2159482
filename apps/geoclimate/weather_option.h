#pragma once

#include <filesystem>
#include <memory>
#include <ostream>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/service/weather_files.h"

namespace CLI {
class App;
}

namespace geoclimate::app {

// Files of weather forecasts that a verb was given.
struct WeatherArguments {
  std::vector<std::filesystem::path> paths;
  std::filesystem::path table;    // a folder in place of config/weather; empty: the built-in one
  std::filesystem::path rejects;  // where to write the rows that were not taken; empty: nowhere
};

// Adds --weather, --weather-table and --weather-rejects. `arguments` must outlive the parse.
void AddWeatherOptions(CLI::App& verb, WeatherArguments& arguments);

// Reads them and says on `notes` what became of their rows; null when no file was given. The errors
// of service::WeatherFiles.
base::Result<std::unique_ptr<service::WeatherFiles>> OpenWeather(const WeatherArguments& arguments,
                                                                 std::ostream& notes);

}  // namespace geoclimate::app
