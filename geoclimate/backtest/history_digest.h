#pragma once

#include <string>

#include "geoclimate/backtest/knowledge.h"

namespace geoclimate::backtest {

// SHA-256 over everything that forecasts can depend on: ids and places of the sites, every
// value and when it was known, the weather's forecasts; 64 hexadecimal digits. A tenth of a second
// for a million values.
std::string DigestOf(const Knowledge& knowledge);

}  // namespace geoclimate::backtest
