#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/result.h"
#include "geoclimate/formats/byte_source.h"
#include "geoclimate/formats/csv.h"
#include "geoclimate/ingest/column_map.h"
#include "geoclimate/ingest/reject.h"
#include "geoclimate/ingest/row_parser.h"
#include "geoclimate/ingest/source_description.h"

namespace geoclimate::ingest {

// Whether batches also carry what only a check of the file needs.
enum class FileAqi : std::uint8_t { kDrop, kKeep };

struct ReaderOptions {
  formats::CsvOptions csv{};
  // Rows a batch holds at most. Larger costs memory (72 bytes a row), smaller more hand-overs.
  std::size_t batch_rows = 4096;
  FileAqi file_aqi = FileAqi::kDrop;
};

// What some rows of a file gave, in the order of the file.
struct ObservationBatch {
  // Sites that the observations of this batch or of later ones belong to; a site comes again when
  // more is known of it.
  std::vector<airquality::Site> sites;
  std::vector<airquality::Observation> observations;
  std::vector<RejectedRow> rejected;
  // Rows of the file that the batch stands for, blank ones left out.
  std::uint64_t rows = 0;
  // With FileAqi::kKeep, beside the observations: the AQI that the file gives, -1 for none, and the
  // line of the row.
  std::vector<std::int32_t> file_aqi;
  std::vector<std::uint64_t> lines;
};

// What is known of a file once it was read.
struct RowCounts {
  std::uint64_t rows = 0;  // observations, skipped and rejected; without header and blank rows
  std::uint64_t observations = 0;
  std::uint64_t blank_rows = 0;
  std::uint64_t rejected = 0;
  RejectCounts rejected_by_reason{};
  // Rows of parameters without an AQI, by the name that the description gives them: "lead".
  std::map<std::string, std::uint64_t, std::less<>> skipped;

  void Add(const RowCounts& other);
};

// Reads one table of measurements, in one pass and in memory that does not grow with its rows.
//
//   GC_ASSIGN_OR_RETURN(auto reader, ObservationReader::Open(bytes, sources, options));
//   while (true) {
//     GC_ASSIGN_OR_RETURN(std::optional<ObservationBatch> batch, reader->Next());
//     if (!batch) break;
//     Use(*batch);
//   }
//
// A row that is not right is in `rejected` and does not stop the file. An error refuses the file:
// what earlier batches gave must not count either, so keep it back, in a transaction, until Next()
// has given the end. Errors:
//   MatchHeader's           not a table of a known family
//   kFailedPrecondition     its values are no measurements (see fractional_aqi_share)
//   the source's            such as kDataLoss for a truncated gzip
//
// Not thread-safe. `bytes` and `sources` must outlive the reader.
class ObservationReader {
 public:
  // Reads the header.
  static base::Result<std::unique_ptr<ObservationReader>> Open(
      formats::ByteSource& bytes, std::span<const SourceDescription> sources,
      ReaderOptions options = {});

  // The next rows; nothing at the end. After an error or the end, do not call again.
  base::Result<std::optional<ObservationBatch>> Next();

  // Of what was read so far.
  const RowCounts& counts() const { return counts_; }
  // The description that the file follows.
  const SourceDescription& source() const { return *columns_.source; }

 private:
  ObservationReader(formats::ByteSource& bytes, ReaderOptions options)
      : options_(options), csv_(bytes, options.csv) {}

  base::Result<void> ReadHeader(std::span<const SourceDescription> sources);
  void TakeRecord(ObservationBatch& batch);
  void Reject(ObservationBatch& batch, RejectedRow row);
  base::Result<void> CheckThatValuesWereMeasured() const;

  ReaderOptions options_;
  formats::CsvReader csv_;
  ColumnMap columns_;
  std::optional<RowParser> parser_;
  RowCounts counts_;
  std::uint64_t rows_with_aqi_ = 0;
  bool ended_ = false;
};

}  // namespace geoclimate::ingest
