#pragma once

#include <span>
#include <string_view>

namespace geoclimate::ingest {

struct EmbeddedSource {
  std::string_view file_name;  // "epa_daily.yaml"
  std::string_view yaml;
};

// The files of config/sources/ as they were when the program was built, ordered by name.
std::span<const EmbeddedSource> EmbeddedSources();
// Those of config/weather/.
std::span<const EmbeddedSource> EmbeddedWeatherTables();

}  // namespace geoclimate::ingest
