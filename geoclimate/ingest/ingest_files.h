#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/formats/compression.h"
#include "geoclimate/ingest/file_finder.h"
#include "geoclimate/ingest/ingest_report.h"
#include "geoclimate/ingest/observation_reader.h"
#include "geoclimate/ingest/source_description.h"

namespace geoclimate::ingest {

// Where the rows of one file go. Destroying it without Commit() leaves nothing of the file.
class FileSink {
 public:
  virtual ~FileSink() = default;
  virtual base::Result<void> Put(const ObservationBatch& batch) = 0;
  virtual base::Result<StoredCounts> Commit() = 0;
};

// Where files go: a sink for each, several of them at once, each used by one thread. Thread-safe.
class ObservationSink {
 public:
  virtual ~ObservationSink() = default;
  virtual base::Result<std::unique_ptr<FileSink>> BeginFile(std::string_view origin) = 0;
};

struct IngestOptions {
  // Files that are read at once, each by a thread; the calling thread is one of them. At least 1.
  int threads = 1;
  ReaderOptions reader{};
  formats::InflateOptions inflate{};

  base::Result<void> Validate() const;
};

// How far an ingest is. Written while it runs; any thread may read.
struct IngestProgress {
  std::atomic<std::uint64_t> files_done{0};
  std::atomic<std::uint64_t> bytes_done{0};  // of the files as they lie on disk
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> refused{0};
};

// Reads files side by side, the largest first, and hands their rows to `sink`. A file that is
// refused is reported and the others go on. Apart from what the sink keeps, memory does not grow
// with the number or the length of files. An error is one of the sink's and ends the ingest; files
// that were committed by then stay.
base::Result<IngestReport> IngestFiles(std::span<const DataFile> files,
                                       std::span<const SourceDescription> sources,
                                       ObservationSink& sink, const IngestOptions& options,
                                       IngestProgress& progress);

}  // namespace geoclimate::ingest
