#pragma once

#include <cstdint>
#include <string_view>

namespace geoclimate::airquality {

// Whose values a forecast is made from. Stored: never renumber.
enum class Basis : std::uint8_t {
  kSite = 0,        // the site's own, and those of the sites around
  kNeighbours = 1,  // those of the sites around alone: a silent or new site, or a place between
};

// "site", "neighbours".
std::string_view BasisName(Basis basis);

}  // namespace geoclimate::airquality
