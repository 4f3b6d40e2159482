#pragma once

#include <cstdint>
#include <string_view>

namespace geoclimate::airquality {

// How a value that people are shown came about. Stored: never renumber.
enum class Method : std::uint8_t {
  kObserved = 0,             // a daily value as measured
  kNowcast = 1,              // NowCast of the last 12 hours
  kModel = 2,                // a trained model
  kPersistenceFallback = 3,  // no model is better: the newest value, damped towards a mean
  kClimatologyFallback = 4,  // no recent value or no use for it: a mean of earlier days alone
};

// As JSON writes it: "observed", "nowcast", "model", "persistence_fallback",
// "climatology_fallback".
std::string_view MethodName(Method method);

// Whose values a forecast is made from. Stored: never renumber.
enum class Basis : std::uint8_t {
  kSite = 0,        // the site's own, and those of the sites around
  kNeighbours = 1,  // those of the sites around alone: a silent or new site, or a place between
};

// "site", "neighbours".
std::string_view BasisName(Basis basis);

}  // namespace geoclimate::airquality
