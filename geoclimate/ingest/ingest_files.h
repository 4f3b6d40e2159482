#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/formats/compression.h"
#include "geoclimate/ingest/file_finder.h"
#include "geoclimate/ingest/ingest_report.h"
#include "geoclimate/ingest/observation_reader.h"
#include "geoclimate/ingest/source_description.h"

namespace geoclimate::ingest {

// Where the content of files goes. Files come one after the other: BeginFile, Put any number of
// times, then CommitFile or AbandonFile. All calls are made by the thread that called IngestFiles.
// An error of any of them ends the ingest.
class ObservationSink {
 public:
  virtual ~ObservationSink() = default;
  virtual base::Result<void> BeginFile(std::string_view origin) = 0;
  virtual base::Result<void> Put(const ObservationBatch& batch) = 0;
  virtual base::Result<StoredCounts> CommitFile() = 0;
  // Nothing of the file may remain.
  virtual void AbandonFile() = 0;
};

struct IngestOptions {
  // Threads that read and parse, each a file at a time, beside the calling one, which feeds the
  // sink. At least 1.
  int threads = 1;
  ReaderOptions reader{};
  formats::InflateOptions inflate{};
  // Batches of a file that may wait for the sink. More smooths a sink of uneven speed and costs
  // memory: batches × threads × 2 × batch_rows × 72 bytes.
  std::size_t waiting_batches = 8;

  base::Result<void> Validate() const;
};

// How far an ingest is. Written while it runs; any thread may read.
struct IngestProgress {
  std::atomic<std::uint64_t> files_done{0};
  std::atomic<std::uint64_t> bytes_done{0};  // of the files as they lie on disk
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> refused{0};
};

// Reads files side by side and hands them to `sink`, largest file first. A file that is refused is
// abandoned and reported; the others go on. Memory is bounded whatever the number and length of
// files. An error is one of the sink's; files that were committed before it stay.
base::Result<IngestReport> IngestFiles(std::span<const DataFile> files,
                                       std::span<const SourceDescription> sources,
                                       ObservationSink& sink, const IngestOptions& options,
                                       IngestProgress& progress);

}  // namespace geoclimate::ingest
