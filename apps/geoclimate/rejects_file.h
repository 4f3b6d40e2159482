#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/ingest/reject.h"

namespace geoclimate::app {

// The rows that were not taken, as CSV: file,line,column,reason,text,detail. `line` is where the
// row begins and `column` the number of the field at fault, 0 when it is the row itself. Not
// thread-safe.
class RejectsFile {
 public:
  // Truncates `path`.
  static base::Result<std::unique_ptr<RejectsFile>> Create(const std::filesystem::path& path);

  // Rows written from here on belong to `file`.
  void Begin(std::string_view file);
  base::Result<void> Write(const ingest::RejectedRow& row);
  // Takes the rows of the file back, because the whole file was refused. Where the output cannot go
  // back, such as a pipe, they stay.
  base::Result<void> TakeBack();
  base::Result<void> Close();

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  explicit RejectsFile(std::FILE* file, std::string path) : path_(std::move(path)), file_(file) {}

  std::string path_;
  std::unique_ptr<std::FILE, Closer> file_;
  std::string origin_;
  long begin_ = 0;
};

}  // namespace geoclimate::app
