#include "geoclimate/base/temporary_file.h"

#include <utility>

namespace geoclimate::base {

TemporaryFile::TemporaryFile(FileSystem& files, std::filesystem::path path,
                             std::unique_ptr<File> file)
    : files_(files), path_(std::move(path)), file_(std::move(file)) {}

Result<std::unique_ptr<TemporaryFile>> TemporaryFile::Make(FileSystem& files,
                                                           const std::filesystem::path& path,
                                                           FileAccess access) {
  while (true) {
    GC_ASSIGN_OR_RETURN(std::unique_ptr<File> file, files.Open(path, OpenMode::kCreateNew, access));
    const Result<bool> locked = file->Lock(File::Wait::kForever);
    if (!locked.ok()) return locked.error();
    // It may have been taken for abandoned in the moment before it was locked.
    GC_ASSIGN_OR_RETURN(const bool linked, file->IsLinked());
    if (linked) {
      return std::unique_ptr<TemporaryFile>(new TemporaryFile(files, path, std::move(file)));
    }
  }
}

TemporaryFile::~TemporaryFile() {
  // One that stays is removed by RemoveIfAbandoned().
  if (!renamed_) static_cast<void>(files_.Remove(path_).ok());
}

Result<void> TemporaryFile::RenameTo(const std::filesystem::path& target) {
  Result<void> renamed = files_.Rename(path_, target);
  renamed_ = renamed.ok();
  return renamed;
}

Result<void> RemoveIfAbandoned(FileSystem& files, const std::filesystem::path& path) {
  const Result<std::unique_ptr<File>> file = files.Open(path, OpenMode::kRead);
  if (!file.ok()) {
    return file.error().code() == ErrorCode::kNotFound ? Result<void>() : file.error();
  }
  GC_ASSIGN_OR_RETURN(const bool locked, (*file)->Lock(File::Wait::kNot));
  if (!locked) return {};
  Result<void> removed = files.Remove(path);
  (*file)->Unlock();
  if (!removed.ok() && removed.error().code() == ErrorCode::kNotFound) return {};
  return removed;
}

}  // namespace geoclimate::base
