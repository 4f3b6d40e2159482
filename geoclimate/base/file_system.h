#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"

namespace geoclimate::base {

// An open file, closed at the end of its life. Not thread-safe.
class File {
 public:
  virtual ~File() = default;

  // Puts `bytes` behind what is there. After an error a part of them may be.
  virtual Result<void> Write(std::string_view bytes) = 0;
  // From the beginning to the end. kFailedPrecondition for what is no file, such as a folder;
  // kDataLoss when another process made it shorter meanwhile.
  virtual Result<std::string> ReadAll() const = 0;
  // Returns when what was written is on the disk. That the file has its name there is another
  // matter: FileSystem::SyncFolder().
  virtual Result<void> Sync() = 0;

  enum class Wait : std::uint8_t { kForever, kNot };
  // An exclusive lock (flock), given back by Unlock() and by the end of the process; false when
  // another open file has it and it was not to wait.
  virtual Result<bool> Lock(Wait wait) = 0;
  virtual void Unlock() = 0;
  // Whether the file still has a name.
  virtual Result<bool> IsLinked() const = 0;
};

enum class OpenMode : std::uint8_t {
  kRead,       // a folder may be opened too, to find that out
  kAppend,     // made when it is not there
  kCreateNew,  // kAlreadyExists when it is there
};

enum class FileKind : std::uint8_t { kAbsent, kFile, kFolder, kOther };

struct FolderEntry {
  std::string name;
  // Never kAbsent. A symbolic link counts as the file that it leads to; one that leads to a folder
  // is kOther, so that who follows folders comes to an end.
  FileKind kind = FileKind::kOther;
  std::uint64_t size = 0;  // of a file
};

// Who may read and write a file that is made.
enum class FileAccess : std::uint8_t { kByUmask, kOwnerOnly };

// The disk, as far as the program's own files need it: what is written through it is lost and torn
// on purpose by the tests of power cuts (tests/fault/power). A change of a folder's entries (a file
// made, renamed, removed) is seen at once and durable after SyncFolder().
//
// Errors are FromErrno's, naming the call and the path. Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<std::unique_ptr<File>> Open(const std::filesystem::path& path, OpenMode mode,
                                             FileAccess access = FileAccess::kByUmask) = 0;
  // A name below a file is absent too.
  virtual Result<FileKind> KindOf(const std::filesystem::path& path) = 0;
  // Replaces what is at `to`, so that at each moment, and after a loss of power, the old or the new
  // file is there. kFailedPrecondition when that is a folder.
  virtual Result<void> Rename(const std::filesystem::path& from,
                              const std::filesystem::path& to) = 0;
  // A second name for a file. kAlreadyExists.
  virtual Result<void> Link(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  // kNotFound.
  virtual Result<void> Remove(const std::filesystem::path& path) = 0;
  // One folder. kAlreadyExists when there is anything; kNotFound when the one above is not there;
  // kFailedPrecondition when that is a file.
  virtual Result<void> MakeFolder(const std::filesystem::path& path) = 0;
  // In no order. kNotFound when there is no such folder.
  virtual Result<std::vector<FolderEntry>> List(const std::filesystem::path& folder) = 0;
  // Nothing happens where the file system has no such call, and durability is its own matter.
  virtual Result<void> SyncFolder(const std::filesystem::path& folder) = 0;
};

// The operating system's. Lives for ever.
FileSystem& HostFileSystem();

// Makes `folder` and those above it that are not there. Durable when it returns success, also where
// others have made them just now. kFailedPrecondition when a file has one of their names.
Result<void> MakeFolders(FileSystem& files, const std::filesystem::path& folder);

}  // namespace geoclimate::base
