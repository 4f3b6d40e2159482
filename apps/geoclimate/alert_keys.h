#pragma once

#include <vector>

#include "apps/geoclimate/settings_keys.h"

namespace geoclimate::app {

// The keys under "alerts".
std::vector<SettingsKey> AlertKeys();

}  // namespace geoclimate::app
