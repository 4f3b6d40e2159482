#pragma once

#include <string>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::fetch {

// What part of the world is fetched, in degrees. West may be above east only where the box crosses
// the antimeridian, which the services do not take: so never.
struct FetchBox {
  double west = 0;
  double south = 0;
  double east = 0;
  double north = 0;

  // "-125,24,-66,50": west, south, east, north. kInvalidArgument saying what is wrong.
  static base::Result<FetchBox> Parse(std::string_view text);
  // As Parse() reads it.
  std::string ToString() const;
};

}  // namespace geoclimate::fetch
