#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "apps/geoclimate/settings.h"

namespace geoclimate::app {

// One key of the settings file.
struct SettingsKey {
  std::string_view path;  // "api.port"
  // Sets what the key stands for. The value's errors name its place.
  std::function<base::Result<void>(const formats::YamlValue&, Settings&)> read;
  // The value in force, as YAML.
  std::function<std::string(const Settings&)> show;
};

// Every key that the program honours, in the order of config/performance.yaml.
std::span<const SettingsKey> SettingsKeys();

}  // namespace geoclimate::app
