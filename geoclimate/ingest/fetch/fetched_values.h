#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/ingest/reject.h"
#include "geoclimate/ingest/source_description.h"

namespace geoclimate::ingest {

// By pollutant: beyond it no instrument measures. Of a built-in SourceDescription.
using PlausibleRanges = std::array<PlausibleRange, airquality::kPollutantCount>;

// What one answer of a service gave.
struct FetchedValues {
  std::vector<airquality::Site> sites;  // each once
  std::vector<airquality::Observation> observations;
  std::uint64_t rows = 0;
  // Rows that say that there is no value (-999), or that are of a parameter without an AQI.
  std::uint64_t without_value = 0;
  // Rows that are not right, by ReasonName().
  std::map<std::string, std::uint64_t, std::less<>> rejected;
  // What the service said instead of rows: "No data were found for your selection".
  std::string note;

  void Reject(RejectReason reason) { ++rejected[std::string(ReasonName(reason))]; }
  // `other` behind it; a site of both stays once.
  void Append(FetchedValues other);
};

}  // namespace geoclimate::ingest
