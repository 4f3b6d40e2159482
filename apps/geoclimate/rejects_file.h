#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/ingest/reject.h"

namespace geoclimate::app {

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using UniqueFile = std::unique_ptr<std::FILE, FileCloser>;

// The rejected rows of one file while it is read, on a temporary file, since there may be as many
// as the file has rows and the file may yet be refused. Not thread-safe.
class FileRejects {
 public:
  explicit FileRejects(std::string_view origin) : origin_(origin) {}
  base::Result<void> Write(const ingest::RejectedRow& row);

 private:
  friend class RejectsFile;
  std::string origin_;
  UniqueFile rows_;  // made with the first row
};

// The rows that were not taken, as CSV: file,line,column,reason,text,detail. `line` is where the
// row begins and `column` the number of the field at fault, 0 when it is the row itself. The rows
// of a file lie together, in its order. Thread-safe.
class RejectsFile {
 public:
  // Truncates `path`.
  static base::Result<std::unique_ptr<RejectsFile>> Create(const std::filesystem::path& path);

  base::Result<void> Append(FileRejects& rejects) EXCLUDES(mutex_);
  // What was not on the disk before is then.
  base::Result<void> Close() EXCLUDES(mutex_);

 private:
  RejectsFile(UniqueFile file, std::string path) : path_(std::move(path)), file_(std::move(file)) {}

  const std::string path_;
  base::Mutex mutex_;
  UniqueFile file_ GUARDED_BY(mutex_);
};

}  // namespace geoclimate::app
