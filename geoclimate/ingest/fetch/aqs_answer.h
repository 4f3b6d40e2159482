#pragma once

#include <span>
#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/ingest/fetch/fetched_values.h"
#include "geoclimate/ingest/source_description.h"

namespace geoclimate::ingest {

// An answer of AQS' data API (aqs.epa.gov/aqsweb/documents/data_api.html) to dailyData, as JSON:
// {"Header":[{"status":…,"error":[…]}],"Data":[…]}. Its rows are those of AirData's daily files
// under other names, so they are read by the rules of these: `airdata` is the built-in description
// "epa_airdata", which must outlive the call.
//
// "No data matched your selection" is an answer without rows and its note. A failure about the key
// or the account is kUnauthenticated, one about the rate kResourceExhausted, every other
// kInvalidArgument with what AQS says. kDataLoss for what is no such answer.
base::Result<FetchedValues> ParseAqsDaily(std::string_view text, const SourceDescription& airdata);

// "epa_airdata" of `sources`; null when it is not there.
const SourceDescription* FindAirData(std::span<const SourceDescription> sources);

}  // namespace geoclimate::ingest
