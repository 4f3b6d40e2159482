#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "apps/geoclimate/line_blocks.h"
#include "geoclimate/airquality/breakpoints.h"
#include "geoclimate/base/result.h"

namespace geoclimate::app {

enum class AqiInput {
  kConcentration,  // one value a line
  kHours,          // 12 hourly values a line, newest first: their NowCast
};

enum class AqiOutput {
  kPlain,      // the AQI
  kJsonLines,  // one JSON object
};

struct AqiLinesOptions {
  const airquality::BreakpointTable* table = nullptr;  // names the pollutant as well
  AqiInput input = AqiInput::kConcentration;
  AqiOutput output = AqiOutput::kPlain;
  std::string source_name;  // of the input, in messages
};

// Turns each line of `lines` into one line of `out`, so that the two stay side by side. A line that
// is blank, or whose NowCast is undefined, gives a blank line (JSON: "aqi": null). A line that
// cannot be read does too, and is told on `errors` as "SOURCE:LINE: 'value' is not a number"; the
// rest goes on. What has arrived is answered before more is waited for.
//
// Hours are separated by commas, or by blanks where a line has no comma; a missing hour is '-' or
// 'NA', or nothing between two commas.
//
// Returns how many lines could not be read. Fails when the source does or `out` cannot be written.
base::Result<std::uint64_t> ConvertAqiLines(const AqiLinesOptions& options, LineBlocks& lines,
                                            std::ostream& out, std::ostream& errors);

}  // namespace geoclimate::app
