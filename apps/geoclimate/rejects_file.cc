#include "apps/geoclimate/rejects_file.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>

#include "geoclimate/formats/csv.h"

namespace geoclimate::app {

base::Result<void> FileRejects::Write(const ingest::RejectedRow& row) {
  if (rows_ == nullptr) rows_.reset(std::tmpfile());
  if (rows_ == nullptr) return base::FromErrno(errno, "make a temporary file");
  std::string line;
  formats::AppendCsvField(line, origin_);
  line += fmt::format(",{},{},{},", row.line, row.column, ingest::ReasonName(row.reason));
  formats::AppendCsvField(line, row.text);
  line += ',';
  formats::AppendCsvField(line, row.detail);
  line += '\n';
  if (std::fwrite(line.data(), 1, line.size(), rows_.get()) == line.size()) return {};
  return base::FromErrno(errno, "write a temporary file");
}

base::Result<std::unique_ptr<RejectsFile>> RejectsFile::Create(const std::filesystem::path& path) {
  UniqueFile file(std::fopen(path.c_str(), "we"));
  if (file == nullptr) return base::FromErrno(errno, fmt::format("create {}", path.string()));
  std::fputs("file,line,column,reason,text,detail\n", file.get());
  return std::unique_ptr<RejectsFile>(new RejectsFile(std::move(file), path.string()));
}

base::Result<void> RejectsFile::Append(FileRejects& rejects) {
  if (rejects.rows_ == nullptr) return {};
  std::rewind(rejects.rows_.get());
  base::MutexLock lock(mutex_);
  std::array<char, 64 * 1024> chunk{};
  while (true) {
    const std::size_t count = std::fread(chunk.data(), 1, chunk.size(), rejects.rows_.get());
    if (count == 0) break;
    if (std::fwrite(chunk.data(), 1, count, file_.get()) != count) {
      return base::FromErrno(errno, fmt::format("write {}", path_));
    }
  }
  if (std::ferror(rejects.rows_.get()) != 0) {
    return base::FromErrno(errno, "read a temporary file");
  }
  return {};
}

base::Result<void> RejectsFile::Close() {
  base::MutexLock lock(mutex_);
  if (std::fclose(file_.release()) == 0) return {};
  return base::FromErrno(errno, fmt::format("write {}", path_));
}

}  // namespace geoclimate::app
