#include "apps/geoclimate/rejects_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "geoclimate/formats/csv.h"

namespace geoclimate::app {

base::Result<std::unique_ptr<RejectsFile>> RejectsFile::Create(const std::filesystem::path& path) {
  std::FILE* const file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return base::FromErrno(errno, fmt::format("create {}", path.string()));
  std::unique_ptr<RejectsFile> rejects(new RejectsFile(file, path.string()));
  std::fputs("file,line,column,reason,text,detail\n", file);
  return rejects;
}

void RejectsFile::Begin(std::string_view file) {
  origin_ = file;
  begin_ = std::ftell(file_.get());
}

base::Result<void> RejectsFile::Write(const ingest::RejectedRow& row) {
  std::string line;
  formats::AppendCsvField(line, origin_);
  line += fmt::format(",{},{},{},", row.line, row.column, ingest::ReasonName(row.reason));
  formats::AppendCsvField(line, row.text);
  line += ',';
  formats::AppendCsvField(line, row.detail);
  line += '\n';
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size()) return {};
  return base::FromErrno(errno, fmt::format("write {}", path_));
}

base::Result<void> RejectsFile::TakeBack() {
  if (begin_ < 0) return {};
  if (std::fflush(file_.get()) == 0 && ::ftruncate(::fileno(file_.get()), begin_) == 0 &&
      std::fseek(file_.get(), begin_, SEEK_SET) == 0) {
    return {};
  }
  return base::FromErrno(errno, fmt::format("truncate {}", path_));
}

base::Result<void> RejectsFile::Close() {
  if (std::fclose(file_.release()) == 0) return {};
  return base::FromErrno(errno, fmt::format("write {}", path_));
}

}  // namespace geoclimate::app
