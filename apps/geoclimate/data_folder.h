#pragma once

#include <filesystem>

namespace geoclimate::app {

// What lies where below --data-dir.
inline std::filesystem::path DatabasePath(const std::filesystem::path& data_dir) {
  return data_dir / "geoclimate.db";
}

}  // namespace geoclimate::app
