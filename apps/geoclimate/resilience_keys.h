#pragma once

#include <vector>

#include "apps/geoclimate/settings_keys.h"

namespace geoclimate::app {

// The keys of `resilience`.
std::vector<SettingsKey> ResilienceKeys();

}  // namespace geoclimate::app
