#pragma once

#include <string>

#include "geoclimate/features/site_history.h"

namespace geoclimate::backtest {

// SHA-256 over everything that forecasts can depend on: ids and places of the sites, days and
// values of every series; 64 hexadecimal digits. A tenth of a second for a million values.
std::string DigestOf(const features::SiteHistory& history);

}  // namespace geoclimate::backtest
