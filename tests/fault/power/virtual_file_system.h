#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "geoclimate/base/file_system.h"
#include "tests/fault/power/virtual_disk.h"

namespace geoclimate::fault {

// Which syncs are answered with success and not done: disks and file systems that lie, and programs
// that forget. The tests of power cuts must notice each of them.
enum class Lie : std::uint8_t { kNone, kDatabaseSync, kFileSync, kFolderSync };

// The program's files on a VirtualDisk, which must outlive it. Not thread-safe.
class VirtualFileSystem final : public base::FileSystem {
 public:
  explicit VirtualFileSystem(VirtualDisk& disk, Lie lie = Lie::kNone) : disk_(disk), lie_(lie) {}

  base::Result<std::unique_ptr<base::File>> Open(const std::filesystem::path& path,
                                                 base::OpenMode mode,
                                                 base::FileAccess access) override;
  base::Result<base::FileKind> KindOf(const std::filesystem::path& path) override;
  base::Result<void> Rename(const std::filesystem::path& from,
                            const std::filesystem::path& to) override;
  base::Result<void> Link(const std::filesystem::path& from,
                          const std::filesystem::path& to) override;
  base::Result<void> Remove(const std::filesystem::path& path) override;
  base::Result<void> MakeFolder(const std::filesystem::path& path) override;
  base::Result<std::vector<base::FolderEntry>> List(const std::filesystem::path& folder) override;
  base::Result<void> SyncFolder(const std::filesystem::path& folder) override;

 private:
  VirtualDisk& disk_;
  const Lie lie_;
};

}  // namespace geoclimate::fault
