#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/ingest/fetch/fetched_values.h"
#include "geoclimate/ingest/fetch/measure_unit.h"

namespace geoclimate::ingest {

// Answers of OpenAQ's API of version 3 (docs.openaq.org), as JSON. kDataLoss for what is no such
// answer, naming the member at fault.

// A sensor of a pollutant with an AQI.
struct OpenAqSensor {
  std::int64_t id = 0;  // positive
  airquality::ParameterCode parameter = 0;
  // From 1 in the order of the numbers, among the location's sensors of the pollutant.
  std::uint16_t poc = 0;
  MeasureUnit unit = MeasureUnit::kMicrogramsPerCubicMeter;
};

struct OpenAqLocation {
  airquality::Site site;  // "OQ-…"
  // Who gives the data to OpenAQ, "AirNow".
  std::string provider;
  // Until when there are values; nothing when it does not say.
  std::optional<base::Timestamp> last;
  std::vector<OpenAqSensor> sensors;
};

struct OpenAqLocations {
  std::vector<OpenAqLocation> locations;
  // Results of the page, those left out below included: a page with fewer than were asked for is
  // the last.
  std::size_t results = 0;
  std::size_t mobile = 0;  // move about: not sites
  std::uint64_t rejected =
      0;  // without coordinates or sensors of a known unit, or numbers too large
};

// Of /v3/locations. A reference monitor's PM2.5 is parameter 88101, that of other sensors 88502.
base::Result<OpenAqLocations> ParseOpenAqLocations(std::string_view text);

struct OpenAqHours {
  FetchedValues values;  // without sites
  std::size_t results = 0;
};

// Of /v3/sensors/{id}/hours for `sensor` at `site`: the mean of an hour each, begun at
// period.datetimeFrom. Flagged hours count as without value.
base::Result<OpenAqHours> ParseOpenAqHours(std::string_view text, airquality::SiteId site,
                                           const OpenAqSensor& sensor,
                                           const PlausibleRanges& plausible);

}  // namespace geoclimate::ingest
