#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::blob {

// An open file or folder of the operating system, closed at the end of its life. Errors are
// base::FromErrno's, naming the call and the path.
class PosixFile {
 public:
  // `flags` and `mode` as of open(2); O_CLOEXEC is added.
  static base::Result<PosixFile> Open(const std::filesystem::path& path, int flags,
                                      unsigned mode = 0644);
  PosixFile(PosixFile&& other) noexcept;
  PosixFile& operator=(PosixFile&&) = delete;
  ~PosixFile();

  base::Result<void> Write(std::string_view bytes);
  // From the beginning to the end.
  base::Result<std::string> ReadAll() const;
  // Returns when what was written is on the disk; of a folder: when its entries are.
  base::Result<void> Sync();

  enum class Wait { kForever, kNot };
  // An exclusive flock; false when another holds it and it was not to wait.
  base::Result<bool> Lock(Wait wait);
  void Unlock();
  // Whether the file still has a name.
  base::Result<bool> IsLinked() const;

 private:
  PosixFile(int descriptor, std::filesystem::path path);
  base::Error Failed(std::string_view call) const;

  int descriptor_;
  std::filesystem::path path_;
};

// Makes the entries of `folder` durable.
base::Result<void> SyncFolder(const std::filesystem::path& folder);

// Makes `folder` and those above it that do not exist, durably.
base::Result<void> MakeFolders(const std::filesystem::path& folder);

}  // namespace geoclimate::blob
