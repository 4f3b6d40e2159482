// Files of measurements: gzip, CSV, column maps, rows. The first byte of the input is how the rest
// is cut into reads.
//
// Besides not crashing: CSV is taken apart the same way however the reads are cut, every row is
// counted once, and every observation is one that a store takes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/formats/compression.h"
#include "geoclimate/formats/csv.h"
#include "geoclimate/ingest/observation_reader.h"

namespace {

using namespace geoclimate;

// Small, so that records longer than the limit, which the fuzzer does not write, occur.
constexpr formats::CsvOptions kSmall = {
    .delimiter = ',', .max_record_bytes = 512, .max_fields = 40};

class CutSource final : public formats::ByteSource {
 public:
  CutSource(std::string_view bytes, std::size_t piece) : rest_(bytes), piece_(piece) {}
  base::Result<std::size_t> Read(std::span<char> into) override {
    const std::size_t count = std::min({piece_, into.size(), rest_.size()});
    std::copy_n(rest_.data(), count, into.data());
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
  std::size_t piece_;
};

std::string TakeApart(std::string_view bytes, std::size_t piece) {
  CutSource source(bytes, piece);
  formats::CsvReader csv(source, kSmall);
  std::string all;
  std::uint64_t last_line = 0;
  while (true) {
    const base::Result<formats::CsvEvent> event = csv.Next();
    GC_CHECK(event.ok(), "the source does not fail");
    if (*event == formats::CsvEvent::kEnd) return all;
    GC_CHECK(csv.line() > last_line, "lines go up");
    last_line = csv.line();
    all += std::to_string(csv.line()) + (*event == formats::CsvEvent::kFault ? "!" : ":");
    for (const std::string_view field : csv.fields()) {
      all += field;
      all += '\0';
    }
    all += csv.text();
  }
}

void ReadObservations(std::string_view bytes, std::size_t piece) {
  static const std::vector<ingest::SourceDescription> sources = *ingest::BuiltInSources();
  const auto source = formats::InflateIfGzip(std::make_unique<CutSource>(bytes, piece), "input",
                                             {.max_inflated_bytes = 4 << 20});
  if (!source.ok()) return;
  ingest::ReaderOptions options;
  options.csv = kSmall;
  options.batch_rows = piece;
  const auto reader = ingest::ObservationReader::Open(**source, sources, options);
  if (!reader.ok()) return;
  while (true) {
    const base::Result<std::optional<ingest::ObservationBatch>> batch = (*reader)->Next();
    if (!batch.ok() || !batch->has_value()) break;
    for (const airquality::Observation& observation : (*batch)->observations) {
      GC_CHECK(airquality::PollutantOf(observation.key.parameter).has_value(),
               "an observation has a pollutant");
      GC_CHECK(
          observation.key.start >= base::Timestamp(base::MakeDay(1900, 1, 1).time_since_epoch()),
          "a store's first year");
      GC_CHECK(
          observation.key.start < base::Timestamp(base::MakeDay(2151, 1, 1).time_since_epoch()),
          "a store's last year");
    }
  }
  const ingest::RowCounts& counts = (*reader)->counts();
  std::uint64_t skipped = 0;
  for (const auto& [name, count] : counts.skipped) skipped += count;
  GC_CHECK(counts.rows <= counts.observations + counts.rejected + skipped,
           "a row is an observation, skipped or rejected");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  GC_CHECK(TakeApart(bytes, piece) == TakeApart(bytes, std::max<std::size_t>(size, 1)),
           "how the input is cut does not matter");
  ReadObservations(bytes, piece);
  return 0;
}
