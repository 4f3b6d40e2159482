#pragma once

#include <filesystem>
#include <memory>

#include "geoclimate/base/file_system.h"
#include "geoclimate/base/result.h"

namespace geoclimate::base {

// A file that is written beside its place, and then put there whole:
//
//   GC_ASSIGN_OR_RETURN(const auto temporary, TemporaryFile::Make(files, folder / "a.writing"));
//   GC_RETURN_IF_ERROR(temporary->file().Write(bytes));
//   GC_RETURN_IF_ERROR(temporary->file().Sync());
//   GC_RETURN_IF_ERROR(temporary->RenameTo(folder / "a"));
//   GC_RETURN_IF_ERROR(files.SyncFolder(folder));
//
// Removed at the end of this unless it was renamed, and locked as long as this lives: that is how
// RemoveIfAbandoned() knows those of processes that died. Not thread-safe; `files` must outlive it.
class TemporaryFile {
 public:
  // kAlreadyExists when there is a file of that name.
  static Result<std::unique_ptr<TemporaryFile>> Make(FileSystem& files,
                                                     const std::filesystem::path& path,
                                                     FileAccess access = FileAccess::kByUmask);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  File& file() { return *file_; }
  // FileSystem::Rename()'s errors; after one the file is still the temporary one.
  Result<void> RenameTo(const std::filesystem::path& target);

 private:
  TemporaryFile(FileSystem& files, std::filesystem::path path, std::unique_ptr<File> file);

  FileSystem& files_;
  const std::filesystem::path path_;
  const std::unique_ptr<File> file_;
  bool renamed_ = false;
};

// Removes a TemporaryFile of a process that has died; leaves one that is being written.
Result<void> RemoveIfAbandoned(FileSystem& files, const std::filesystem::path& path);

}  // namespace geoclimate::base
