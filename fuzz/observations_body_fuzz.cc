// Bodies of POST /v1/observations: JSON read into rows, and rows judged by the rules of files.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/server/http/routes/observations_body.h"
#include "geoclimate/service/observation_rows.h"

namespace {

using namespace geoclimate;

const std::vector<ingest::SourceDescription>& Descriptions() {
  static const auto descriptions = ingest::BuiltInSources();
  return *descriptions;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  server::http::Arena arena;
  const auto rows = server::http::routes::ReadObservationsBody(body, arena);
  if (!rows.ok()) return 0;
  service::ObservationRows reader(Descriptions());
  for (const service::SubmittedRow& row : *rows) {
    const auto refused = reader.Read(row);
    if (refused) {
      GC_CHECK(!refused->reason.empty(), "a refusal has a reason");
      continue;
    }
    const airquality::Observation& observation = reader.observation();
    GC_CHECK(airquality::PollutantOf(observation.key.parameter).has_value(),
             "only pollutants with an AQI are taken");
    GC_CHECK(observation.completeness <= 100 ||
                 observation.completeness == airquality::kCompletenessUnknown,
             "completeness is a percentage");
  }
  return 0;
}
