#include "geoclimate/ingest/ingest_files.h"

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "geoclimate/base/mutex.h"

namespace geoclimate::ingest {
namespace {

// A file that was read to its end and is not committed yet.
struct ReadFile {
  FileReport report;
  std::unique_ptr<FileSink> sink;
  std::uint64_t bytes = 0;
};

// What the threads share: which file is next, which were read, and what became of them.
//
// Whichever thread brings a group together commits it, one group at a time, while the others read
// on; they wait only when as much as the largest file has piled up behind it. A larger file does
// not pass through here: its sink may hold what the commit of a group waits for.
class Work {
 public:
  Work(std::span<const DataFile> files, ObservationSink& sink, const IngestOptions& options,
       IngestProgress& progress)
      : files_(files), sink_(sink), options_(options), progress_(progress) {}

  // A file to read; null when none is left or the ingest has failed.
  const DataFile* Next() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    return failure_ || next_ == files_.size() ? nullptr : &files_[next_++];
  }

  void Refused(FileReport report, std::uint64_t bytes) EXCLUDES(mutex_) {
    ++progress_.refused;
    Report(std::move(report), bytes);
  }

  void Finish(ReadFile file) EXCLUDES(mutex_) {
    if (file.report.rows.observations > options_.largest_in_group) {
      std::vector<ReadFile> alone;
      alone.push_back(std::move(file));
      return Commit(std::move(alone));
    }
    Add(std::move(file));
    while (true) {
      std::vector<ReadFile> group = TakeGroup();
      if (group.empty()) return;
      Commit(std::move(group));
      GroupDone();
    }
  }

  void Fail(const base::Error& error) EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    if (!failure_) failure_ = error;
    changed_.NotifyAll();
  }
  bool Failed() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    return failure_.has_value();
  }

  // Once all threads are done: commits the last group.
  base::Result<IngestReport> End() EXCLUDES(mutex_) {
    if (!Failed()) Commit(TakeRest());
    base::MutexLock lock(mutex_);
    if (failure_) return *failure_;
    return Summarize(std::move(reports_));
  }

 private:
  void Add(ReadFile file) EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    while (committing_ && !failure_ && waiting_ >= options_.largest_in_group) {
      changed_.WaitUntil(mutex_, base::Deadline::Never());
    }
    waiting_ += file.report.rows.observations;
    read_.push_back(std::move(file));
  }
  // Empty when there is no group yet, or another thread commits.
  std::vector<ReadFile> TakeGroup() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    if (committing_ || failure_ || waiting_ < options_.group_observations) return {};
    committing_ = true;
    waiting_ = 0;
    return std::exchange(read_, {});
  }
  void GroupDone() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    committing_ = false;
    changed_.NotifyAll();
  }
  std::vector<ReadFile> TakeRest() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    return std::exchange(read_, {});
  }

  void Commit(std::vector<ReadFile> files) EXCLUDES(mutex_) {
    std::vector<std::unique_ptr<FileSink>> sinks;
    for (ReadFile& file : files) sinks.push_back(std::move(file.sink));
    const base::Result<std::vector<StoredCounts>> counts = sink_.Commit(sinks);
    if (!counts.ok()) return Fail(counts.error());
    for (std::size_t i = 0; i < files.size(); ++i) {
      files[i].report.stored = (*counts)[i];
      Report(std::move(files[i].report), files[i].bytes);
    }
  }

  void Report(FileReport report, std::uint64_t bytes) EXCLUDES(mutex_) {
    ++progress_.files_done;
    progress_.bytes_done += bytes;
    base::MutexLock lock(mutex_);
    reports_.push_back(std::move(report));
  }

  const std::span<const DataFile> files_;
  ObservationSink& sink_;
  const IngestOptions& options_;
  IngestProgress& progress_;

  base::Mutex mutex_;
  base::CondVar changed_;
  std::size_t next_ GUARDED_BY(mutex_) = 0;
  std::vector<ReadFile> read_ GUARDED_BY(mutex_);
  std::uint64_t waiting_ GUARDED_BY(mutex_) = 0;  // observations of read_
  bool committing_ GUARDED_BY(mutex_) = false;
  std::vector<FileReport> reports_ GUARDED_BY(mutex_);
  std::optional<base::Error> failure_ GUARDED_BY(mutex_);
};

// One thread's part: a file at a time.
class Worker {
 public:
  Worker(Work& work, std::span<const SourceDescription> sources, ObservationSink& sink,
         const IngestOptions& options, IngestProgress& progress)
      : work_(work), sources_(sources), sink_(sink), options_(options), progress_(progress) {}

  void Run() {
    while (const DataFile* file = work_.Next()) {
      base::Result<ReadFile> read = Read(*file);
      if (!read.ok()) return work_.Fail(read.error());
      if (read->report.refused) {
        work_.Refused(std::move(read->report), file->bytes);
      } else {
        work_.Finish(*std::move(read));
      }
    }
  }

 private:
  // An error is the sink's; what is wrong with the file is in the report.
  base::Result<ReadFile> Read(const DataFile& file) {
    ReadFile read;
    read.report.origin = file.origin;
    read.bytes = file.bytes;
    const base::Result<std::unique_ptr<formats::ByteSource>> bytes =
        formats::OpenPlainOrGzip(file.path, options_.inflate);
    if (!bytes.ok()) return Refused(std::move(read), bytes.error());
    const base::Result<std::unique_ptr<ObservationReader>> reader =
        ObservationReader::Open(**bytes, sources_, options_.reader);
    if (!reader.ok()) return Refused(std::move(read), reader.error());
    GC_ASSIGN_OR_RETURN(read.sink, sink_.BeginFile(file.origin));
    // Where another thread has failed, this file will not be committed either.
    while (!work_.Failed()) {
      const base::Result<std::optional<ObservationBatch>> batch = (*reader)->Next();
      read.report.rows = (*reader)->counts();
      if (!batch.ok()) return Refused(std::move(read), batch.error());
      if (!batch->has_value()) break;
      GC_RETURN_IF_ERROR(read.sink->Put(**batch));
      progress_.rows += (*batch)->rows;
    }
    return read;
  }

  static ReadFile Refused(ReadFile read, const base::Error& why) {
    read.report.refused = why;
    read.sink.reset();
    return read;
  }

  Work& work_;
  std::span<const SourceDescription> sources_;
  ObservationSink& sink_;
  const IngestOptions& options_;
  IngestProgress& progress_;
};

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
  if (group_observations < 1) return base::InvalidArgument("group_observations: at least 1");
  if (largest_in_group < group_observations) {
    return base::InvalidArgument("largest_in_group: at least group_observations");
  }
  if (reader.batch_rows < 1) return base::InvalidArgument("batch_rows: at least 1");
  return {};
}

base::Result<IngestReport> IngestFiles(std::span<const DataFile> files,
                                       std::span<const SourceDescription> sources,
                                       ObservationSink& sink, const IngestOptions& options,
                                       IngestProgress& progress) {
  GC_RETURN_IF_ERROR(options.Validate());
  const std::vector<DataFile> ordered = LargestFirst(files);
  Work work(ordered, sink, options, progress);
  const auto run = [&] { Worker(work, sources, sink, options, progress).Run(); };
  {
    const std::size_t threads = std::min(static_cast<std::size_t>(options.threads), ordered.size());
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back(run);
    run();
  }
  return work.End();
}

}  // namespace geoclimate::ingest
