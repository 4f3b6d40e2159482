#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/ingest/fetch/fetched_values.h"

namespace geoclimate::ingest {

// Answers of AirNow's web services (docs.airnowapi.org), as JSON. Both generations of names are
// understood, in any mixture: PascalCase ("SiteName") until 2026 and camelCase ("siteName") since.
//
// Every answer may instead be {"WebServiceError":[{"Message":…}]} with status 200. A message about
// the key is kUnauthenticated, one about the number of requests kResourceExhausted, one about the
// request kInvalidArgument; any other, such as that there are no data, is an answer without rows
// and its note. kDataLoss for what is no such answer.

// Of /aq/data/ with verbose=1 and includerawconcentrations=1: a row an hour of a monitor. Values of
// particles are taken from RawConcentration alone, because Value may be a NowCast already; those of
// gases from Value where there is no raw one. -999 is no value. "UTC" is the hour's begin. Sites
// are in the United States and their territories, Canada (id "CC") and Mexico ("80").
base::Result<FetchedValues> ParseAirNowHours(std::string_view text,
                                             const PlausibleRanges& plausible);

// AirNow's own index of an hour, at a reporting area or (in the new generation) at a site.
struct ReportedIndex {
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  // Nothing where only the category is known, which AirNow says as -1.
  std::optional<std::int32_t> aqi;
  std::string category;  // "Moderate"; empty when it is not given
  base::LocalDay day;
  std::int32_t hour = 0;  // of the day, local time
  std::string time_zone;  // "EST"
  std::string area;       // the reporting area's name, or the site's
};

struct ReportedIndexes {
  std::vector<ReportedIndex> indexes;
  std::uint64_t rejected = 0;  // rows that are not right
  std::string note;
};

// Of /aq/observation/current/… of the new generation and /aq/observation/{zipCode,latLong}/current/
// of the old one.
base::Result<ReportedIndexes> ParseAirNowReports(std::string_view text);

}  // namespace geoclimate::ingest
