// Answers of AirNow, read as hours and as reported indexes. Besides not crashing: rows are counted
// once, and what is taken is an hour of a pollutant at a site that came with it, in a plausible
// range.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>

#include "geoclimate/base/check.h"
#include "geoclimate/ingest/fetch/airnow_answer.h"

using namespace geoclimate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ingest::PlausibleRanges plausible = ingest::BuiltInSources()->front().plausible;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto values = ingest::ParseAirNowHours(text, plausible);
  if (values.ok()) {
    std::uint64_t counted = values->observations.size() + values->without_value;
    for (const auto& [reason, count] : values->rejected) counted += count;
    GC_CHECK(counted == values->rows, "a row is counted once");
    std::unordered_set<airquality::SiteId> sites;
    for (const airquality::Site& site : values->sites) {
      GC_CHECK(sites.insert(site.id).second && site.coordinates,
               "a site comes once, with its place");
      GC_CHECK(*airquality::SiteId::Parse(site.id.ToString()) == site.id, "an id reads back");
    }
    for (const airquality::Observation& hour : values->observations) {
      const auto pollutant = airquality::PollutantOf(hour.key.parameter);
      GC_CHECK(pollutant && sites.contains(hour.key.site), "a pollutant at a site");
      const auto& range = plausible[static_cast<std::size_t>(Index(*pollutant))];
      GC_CHECK(hour.value >= range.low && hour.value <= range.high, "a plausible value");
      GC_CHECK(hour.key.start == std::chrono::floor<std::chrono::hours>(hour.key.start), "an hour");
    }
  }
  const auto reports = ingest::ParseAirNowReports(text);
  if (reports.ok()) {
    for (const ingest::ReportedIndex& report : reports->indexes) {
      GC_CHECK(!report.aqi || *report.aqi >= 0, "an index is not negative");
      GC_CHECK(report.hour >= 0 && report.hour < 24, "an hour of the day");
    }
  }
  return 0;
}
