// Answers of AQS. Besides not crashing: rows are counted once, and every observation is of a site
// that came with it.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/ingest/fetch/aqs_answer.h"

using namespace geoclimate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<ingest::SourceDescription> sources = *ingest::BuiltInSources();
  const auto values =
      ingest::ParseAqsDaily({reinterpret_cast<const char*>(data), size}, *FindAirData(sources));
  if (!values.ok()) return 0;
  std::uint64_t counted = values->observations.size() + values->without_value;
  for (const auto& [reason, count] : values->rejected) counted += count;
  GC_CHECK(counted == values->rows, "a row is counted once");
  std::unordered_set<airquality::SiteId> sites;
  for (const airquality::Site& site : values->sites) {
    GC_CHECK(sites.insert(site.id).second, "a site comes once");
  }
  for (const airquality::Observation& day : values->observations) {
    GC_CHECK(sites.contains(day.key.site), "an observation's site came with it");
    GC_CHECK(day.key.duration == airquality::Duration::kDay, "daily values only");
  }
  return 0;
}
