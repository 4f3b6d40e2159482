#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/formats/compression.h"
#include "geoclimate/ingest/file_finder.h"
#include "geoclimate/ingest/ingest_report.h"
#include "geoclimate/ingest/observation_reader.h"
#include "geoclimate/ingest/source_description.h"

namespace geoclimate::ingest {

// Where the rows of one file go. Destroying it before it was committed leaves nothing of the file.
class FileSink {
 public:
  virtual ~FileSink() = default;
  virtual base::Result<void> Put(const ObservationBatch& batch) = 0;
};

// Where files go: a sink for each, several of them at once, each used by one thread. Thread-safe.
class ObservationSink {
 public:
  virtual ~ObservationSink() = default;
  virtual base::Result<std::unique_ptr<FileSink>> BeginFile(std::string_view origin) = 0;
  // Keeps what was put into the sinks of some files: of all of them, or on an error of none.
  virtual base::Result<std::vector<StoredCounts>> Commit(
      std::span<const std::unique_ptr<FileSink>> files) = 0;
};

struct IngestOptions {
  // Files that are read at once, each by a thread; the calling thread is one of them. At least 1.
  int threads = 1;
  // Files are committed together as soon as they have this many observations. More makes commits
  // cheaper, fewer lets them begin earlier, beside the reading.
  std::size_t group_observations = 1 << 15;
  // A file with more than this is committed alone, by the thread that has read it. A sink must take
  // this many of a file without keeping the others from committing, and about four times as many
  // may wait in it. At least group_observations.
  std::size_t largest_in_group = 1 << 17;
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
// refused is reported and the others go on. Memory does not grow with the number or the length of
// files, if the sink's does not.
// An error is one of the sink's and ends the ingest; files that were committed by then stay.
base::Result<IngestReport> IngestFiles(std::span<const DataFile> files,
                                       std::span<const SourceDescription> sources,
                                       ObservationSink& sink, const IngestOptions& options,
                                       IngestProgress& progress);

}  // namespace geoclimate::ingest
