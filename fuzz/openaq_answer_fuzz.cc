// Answers of OpenAQ, read as locations and as the hours of a sensor. Besides not crashing: results
// are counted once, sensors are told apart, and what is taken is an hour in a plausible range.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "geoclimate/base/check.h"
#include "geoclimate/ingest/fetch/openaq_answer.h"

using namespace geoclimate;

namespace {

void CheckLocations(std::string_view text) {
  const auto page = ingest::ParseOpenAqLocations(text);
  if (!page.ok()) return;
  GC_CHECK(page->results == page->locations.size() + page->mobile + page->rejected,
           "a result is counted once");
  for (const ingest::OpenAqLocation& location : page->locations) {
    GC_CHECK(*airquality::SiteId::Parse(location.site.id.ToString()) == location.site.id,
             "an id reads back");
    GC_CHECK(std::abs(location.site.coordinates->latitude) <= 90, "on the globe");
    for (const ingest::OpenAqSensor& sensor : location.sensors) {
      GC_CHECK(sensor.id > 0 && sensor.poc > 0, "a sensor has its numbers");
      GC_CHECK(airquality::PollutantOf(sensor.parameter).has_value(), "of a pollutant");
    }
  }
}

void CheckHours(std::string_view text, airquality::Pollutant pollutant) {
  static const ingest::PlausibleRanges plausible = ingest::BuiltInSources()->front().plausible;
  const ingest::OpenAqSensor sensor{.id = 1,
                                    .parameter = airquality::Traits(pollutant).parameter,
                                    .poc = 1,
                                    .unit = ingest::MeasureUnit::kMicrogramsPerCubicMeter};
  const auto page =
      ingest::ParseOpenAqHours(text, airquality::SiteId::FromParts(101, 0, 1), sensor, plausible);
  if (!page.ok()) return;
  std::uint64_t counted = page->values.observations.size() + page->values.without_value;
  for (const auto& [reason, count] : page->values.rejected) counted += count;
  GC_CHECK(counted == page->results && page->values.rows == page->results,
           "a result is counted once");
  const auto& range = plausible[static_cast<std::size_t>(Index(pollutant))];
  for (const airquality::Observation& hour : page->values.observations) {
    GC_CHECK(hour.value >= range.low && hour.value <= range.high, "a plausible value");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckLocations(text);
  CheckHours(text, airquality::Pollutant::kPm25);
  CheckHours(text, airquality::Pollutant::kO3);
  CheckHours(text, airquality::Pollutant::kNo2);
  return 0;
}
