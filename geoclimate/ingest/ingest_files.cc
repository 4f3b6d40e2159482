#include "geoclimate/ingest/ingest_files.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/base/mutex.h"

namespace geoclimate::ingest {
namespace {

// Hands the files to reading threads and their batches, file after file, to the sink.
//
// Readers take files in the order in which the sink wants them, and each has a queue of its own:
// the file that the sink waits for is always being read, by a reader that nothing but this queue
// holds up, so the two never wait for each other. Readers run at most `window_` files ahead.
class FileQueue {
 public:
  FileQueue(std::span<const DataFile> files, const IngestOptions& options)
      : files_(files),
        waiting_batches_(options.waiting_batches),
        window_(2 * static_cast<std::size_t>(options.threads)),
        slots_(files.size()) {}

  // For readers: the index of a file to read; nothing when there is none left.
  std::optional<std::size_t> TakeFile() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    while (!stopped_ && next_to_read_ < files_.size() && next_to_read_ >= sunk_ + window_) Wait();
    if (stopped_ || next_to_read_ == files_.size()) return std::nullopt;
    return next_to_read_++;
  }

  // False when the ingest was stopped.
  bool Push(std::size_t file, ObservationBatch batch) EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    Slot& slot = slots_[file];
    while (!stopped_ && slot.batches.size() >= waiting_batches_) Wait();
    if (stopped_) return false;
    slot.batches.push_back(std::move(batch));
    changed_.NotifyAll();
    return true;
  }

  void Finish(std::size_t file, FileReport report) EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    slots_[file].report = std::move(report);
    changed_.NotifyAll();
  }

  // For the sink: the next batch of a file; nothing when it is complete.
  std::optional<ObservationBatch> Pop(std::size_t file) EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    Slot& slot = slots_[file];
    while (slot.batches.empty() && !slot.report) Wait();
    if (slot.batches.empty()) return std::nullopt;
    ObservationBatch batch = std::move(slot.batches.front());
    slot.batches.pop_front();
    changed_.NotifyAll();
    return batch;
  }

  // The report of a file whose batches are all popped, and room for another file.
  FileReport TakeReport(std::size_t file) EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    FileReport report = *std::move(slots_[file].report);
    ++sunk_;
    changed_.NotifyAll();
    return report;
  }

  void Stop() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }

 private:
  struct Slot {
    std::deque<ObservationBatch> batches;
    std::optional<FileReport> report;
  };

  void Wait() REQUIRES(mutex_) { changed_.WaitUntil(mutex_, base::Deadline::Never()); }

  const std::span<const DataFile> files_;
  const std::size_t waiting_batches_;
  const std::size_t window_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::vector<Slot> slots_ GUARDED_BY(mutex_);
  std::size_t next_to_read_ GUARDED_BY(mutex_) = 0;
  std::size_t sunk_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
};

// Everything that a reading thread does with one file. False when the ingest was stopped.
class FileReading {
 public:
  FileReading(FileQueue& queue, std::span<const SourceDescription> sources,
              const IngestOptions& options, IngestProgress& progress)
      : queue_(queue), sources_(sources), options_(options), progress_(progress) {}

  void Run(std::size_t index, const DataFile& file) {
    FileReport report;
    report.origin = file.origin;
    const base::Result<void> read = Read(index, file, report.rows);
    if (!read.ok()) report.refused = read.error();
    queue_.Finish(index, std::move(report));
  }

 private:
  base::Result<void> Read(std::size_t index, const DataFile& file, RowCounts& counts) {
    GC_ASSIGN_OR_RETURN(const std::unique_ptr<formats::ByteSource> bytes,
                        formats::OpenPlainOrGzip(file.path, options_.inflate));
    GC_ASSIGN_OR_RETURN(const std::unique_ptr<ObservationReader> reader,
                        ObservationReader::Open(*bytes, sources_, options_.reader));
    base::Result<void> status;
    while (true) {
      base::Result<std::optional<ObservationBatch>> batch = reader->Next();
      if (!batch.ok()) status = batch.error();
      if (!batch.ok() || !batch->has_value()) break;
      progress_.rows += (*batch)->rows;
      if (!queue_.Push(index, **std::move(batch))) break;
    }
    counts = reader->counts();
    return status;
  }

  FileQueue& queue_;
  std::span<const SourceDescription> sources_;
  const IngestOptions& options_;
  IngestProgress& progress_;
};

base::Result<FileReport> SinkFile(FileQueue& queue, std::size_t index, const DataFile& file,
                                  ObservationSink& sink) {
  GC_RETURN_IF_ERROR(sink.BeginFile(file.origin));
  while (const std::optional<ObservationBatch> batch = queue.Pop(index)) {
    if (const base::Result<void> put = sink.Put(*batch); !put.ok()) {
      sink.AbandonFile();
      return put.error();
    }
  }
  FileReport report = queue.TakeReport(index);
  if (report.refused) {
    sink.AbandonFile();
  } else {
    GC_ASSIGN_OR_RETURN(report.stored, sink.CommitFile());
  }
  return report;
}

// The largest first: the others fill the other threads while it is read.
std::vector<DataFile> LargestFirst(std::span<const DataFile> files) {
  std::vector<DataFile> ordered(files.begin(), files.end());
  std::sort(ordered.begin(), ordered.end(), [](const DataFile& a, const DataFile& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.origin < b.origin;
  });
  return ordered;
}

}  // namespace

base::Result<void> IngestOptions::Validate() const {
  if (threads < 1 || threads > 1024) return base::InvalidArgument("threads: 1 to 1024");
  if (waiting_batches < 1) return base::InvalidArgument("waiting_batches: at least 1");
  if (reader.batch_rows < 1) return base::InvalidArgument("batch_rows: at least 1");
  return {};
}

base::Result<IngestReport> IngestFiles(std::span<const DataFile> files,
                                       std::span<const SourceDescription> sources,
                                       ObservationSink& sink, const IngestOptions& options,
                                       IngestProgress& progress) {
  GC_RETURN_IF_ERROR(options.Validate());
  const std::vector<DataFile> ordered = LargestFirst(files);
  FileQueue queue(ordered, options);
  std::vector<FileReport> reports;
  base::Result<void> status;
  {
    std::vector<std::jthread> readers;
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(options.threads),
                                             std::max<std::size_t>(ordered.size(), 1));
    for (std::size_t i = 0; i < count; ++i) {
      readers.emplace_back([&queue, &ordered, &options, &progress, sources] {
        FileReading reading(queue, sources, options, progress);
        while (const std::optional<std::size_t> index = queue.TakeFile()) {
          reading.Run(*index, ordered[*index]);
        }
      });
    }
    for (std::size_t i = 0; i < ordered.size() && status.ok(); ++i) {
      base::Result<FileReport> report = SinkFile(queue, i, ordered[i], sink);
      if (!report.ok()) {
        status = report.error();
        break;
      }
      ++progress.files_done;
      progress.bytes_done += ordered[i].bytes;
      if (report->refused) ++progress.refused;
      reports.push_back(*std::move(report));
    }
    queue.Stop();
  }
  if (!status.ok()) return status.error();
  return Summarize(std::move(reports));
}

}  // namespace geoclimate::ingest
