#include "geoclimate/ingest/ingest_files.h"

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/base/mutex.h"

namespace geoclimate::ingest {
namespace {

// What the threads share: which file is next, and what became of the others.
class Work {
 public:
  explicit Work(std::span<const DataFile> files) : files_(files) {}

  // A file to read; null when none is left or the ingest has failed.
  const DataFile* Next() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    return failure_ || next_ == files_.size() ? nullptr : &files_[next_++];
  }
  void Done(FileReport report) EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    reports_.push_back(std::move(report));
  }
  void Fail(const base::Error& error) EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    if (!failure_) failure_ = error;
  }
  bool Failed() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    return failure_.has_value();
  }
  base::Result<IngestReport> Result() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    if (failure_) return *failure_;
    return Summarize(std::move(reports_));
  }

 private:
  const std::span<const DataFile> files_;
  base::Mutex mutex_;
  std::size_t next_ GUARDED_BY(mutex_) = 0;
  std::vector<FileReport> reports_ GUARDED_BY(mutex_);
  std::optional<base::Error> failure_ GUARDED_BY(mutex_);
};

// One thread's part: a file at a time, from its first byte to its commit.
class Worker {
 public:
  Worker(Work& work, std::span<const SourceDescription> sources, ObservationSink& sink,
         const IngestOptions& options, IngestProgress& progress)
      : work_(work), sources_(sources), sink_(sink), options_(options), progress_(progress) {}

  void Run() {
    while (const DataFile* file = work_.Next()) {
      base::Result<FileReport> report = ReadFile(*file);
      if (!report.ok()) return work_.Fail(report.error());
      ++progress_.files_done;
      progress_.bytes_done += file->bytes;
      if (report->refused) ++progress_.refused;
      work_.Done(*std::move(report));
    }
  }

 private:
  // An error is the sink's; what is wrong with the file is in the report.
  base::Result<FileReport> ReadFile(const DataFile& file) {
    FileReport report;
    report.origin = file.origin;
    const base::Result<std::unique_ptr<formats::ByteSource>> bytes =
        formats::OpenPlainOrGzip(file.path, options_.inflate);
    if (!bytes.ok()) return Refused(std::move(report), bytes.error());
    const base::Result<std::unique_ptr<ObservationReader>> reader =
        ObservationReader::Open(**bytes, sources_, options_.reader);
    if (!reader.ok()) return Refused(std::move(report), reader.error());
    GC_ASSIGN_OR_RETURN(const std::unique_ptr<FileSink> file_sink, sink_.BeginFile(file.origin));
    while (true) {
      const base::Result<std::optional<ObservationBatch>> batch = (*reader)->Next();
      report.rows = (*reader)->counts();
      if (!batch.ok()) return Refused(std::move(report), batch.error());
      if (!batch->has_value()) break;
      GC_RETURN_IF_ERROR(file_sink->Put(**batch));
      progress_.rows += (*batch)->rows;
      // Another thread's failure: this file is not committed either.
      if (work_.Failed()) return report;
    }
    GC_ASSIGN_OR_RETURN(report.stored, file_sink->Commit());
    return report;
  }

  static FileReport Refused(FileReport report, const base::Error& why) {
    report.refused = why;
    return report;
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
  if (reader.batch_rows < 1) return base::InvalidArgument("batch_rows: at least 1");
  return {};
}

base::Result<IngestReport> IngestFiles(std::span<const DataFile> files,
                                       std::span<const SourceDescription> sources,
                                       ObservationSink& sink, const IngestOptions& options,
                                       IngestProgress& progress) {
  GC_RETURN_IF_ERROR(options.Validate());
  const std::vector<DataFile> ordered = LargestFirst(files);
  Work work(ordered);
  const auto run = [&] { Worker(work, sources, sink, options, progress).Run(); };
  {
    const std::size_t threads = std::min(static_cast<std::size_t>(options.threads), ordered.size());
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back(run);
    run();
  }
  return work.Result();
}

}  // namespace geoclimate::ingest
