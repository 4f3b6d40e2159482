#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/store/version.h"

namespace geoclimate::store::sqlite {

// Versions as a row of observation_chunks holds them: a JSON array with, for each, the array
//
//   [start, value, source, completeness, monitor, available_at_floor, origin, receipt]
//
// in the order of Identity(), from which what is the default is left out at the end: source 0,
// completeness 100, monitor 0, no floor (null), and the origin and receipt that the row names.
// Start is in minutes since 1970, the value a decimal number of the pollutant's unit, exact to a
// millionth. `sqlite3` reads it with json_each; writing 300 versions so costs a quarter of what 300
// rows would.
struct EncodedVersions {
  std::string json;
  std::int32_t origin = 0;  // of most of them
  std::int32_t receipt = 0;
};

// `versions` is not empty, in order, and without two that are the same.
EncodedVersions EncodeVersions(std::span<const Version> versions);

// The inverse. kDataLoss naming the place when `json` is not what EncodeVersions() writes, such as
// a number out of range or versions out of order. Version::series is 0.
base::Result<std::vector<Version>> DecodeVersions(std::string_view json, std::int32_t origin,
                                                  std::int32_t receipt);

}  // namespace geoclimate::store::sqlite
