#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "geoclimate/base/descriptor.h"
#include "geoclimate/base/file_system.h"

namespace geoclimate::base {
namespace {

namespace fs = std::filesystem;

FileKind KindOfMode(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kFile;
  return S_ISDIR(mode) ? FileKind::kFolder : FileKind::kOther;
}

Error Failed(std::string_view call, const fs::path& path) {
  return FromErrno(errno, fmt::format("{} {}", call, path.string()));
}

class HostFile final : public File {
 public:
  HostFile(Descriptor descriptor, fs::path path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Result<void> Write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return Failed("write", path_);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Result<std::string> ReadAll() const override {
    struct stat status{};
    if (::fstat(descriptor_.get(), &status) != 0) return Failed("stat", path_);
    if (!S_ISREG(status.st_mode)) {
      return FailedPrecondition(fmt::format("{} is not a file", path_.string()));
    }
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t have = 0;
    while (have < bytes.size()) {
      const ssize_t got = ::pread(descriptor_.get(), bytes.data() + have, bytes.size() - have,
                                  static_cast<off_t>(have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Failed("read", path_);
      if (got == 0) return DataLoss(fmt::format("{} became shorter", path_.string()));
      have += static_cast<std::size_t>(got);
    }
    return bytes;
  }

  Result<void> Sync() override {
    if (::fsync(descriptor_.get()) != 0) return Failed("fsync", path_);
    return {};
  }

  Result<bool> Lock(Wait wait) override {
    const int operation = LOCK_EX | (wait == Wait::kNot ? LOCK_NB : 0);
    while (::flock(descriptor_.get(), operation) != 0) {
      if (errno == EWOULDBLOCK) return false;
      if (errno != EINTR) return Failed("flock", path_);
    }
    return true;
  }

  void Unlock() override {
    // Not left to close(): a process forked meanwhile shares the lock through its copy of the
    // descriptor.
    ::flock(descriptor_.get(), LOCK_UN);
  }

  Result<bool> IsLinked() const override {
    struct stat status{};
    if (::fstat(descriptor_.get(), &status) != 0) return Failed("stat", path_);
    return status.st_nlink > 0;
  }

 private:
  const Descriptor descriptor_;
  const fs::path path_;
};

Result<Descriptor> OpenDescriptor(const fs::path& path, int flags, mode_t mode) {
  Descriptor descriptor;
  do {
    descriptor = Descriptor(::open(path.c_str(), flags | O_CLOEXEC, mode));
  } while (!descriptor.is_open() && errno == EINTR);
  if (!descriptor.is_open()) return Failed("open", path);
  return descriptor;
}

class HostFiles final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> Open(const fs::path& path, OpenMode mode,
                                     FileAccess access) override {
    int flags = O_RDONLY;
    if (mode == OpenMode::kAppend) flags = O_WRONLY | O_APPEND | O_CREAT;
    if (mode == OpenMode::kCreateNew) flags = O_WRONLY | O_APPEND | O_CREAT | O_EXCL;
    GC_ASSIGN_OR_RETURN(
        Descriptor descriptor,
        OpenDescriptor(path, flags, access == FileAccess::kOwnerOnly ? 0600 : 0644));
    return std::unique_ptr<File>(std::make_unique<HostFile>(std::move(descriptor), path));
  }

  Result<FileKind> KindOf(const fs::path& path) override {
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0) return KindOfMode(status.st_mode);
    if (errno == ENOENT || errno == ENOTDIR) return FileKind::kAbsent;
    return Failed("stat", path);
  }

  Result<void> Rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
    if (errno == EISDIR || errno == EEXIST || errno == ENOTEMPTY) {
      return FailedPrecondition(fmt::format("{} is a folder", to.string()));
    }
    return Failed("rename to", to);
  }

  Result<void> Link(const fs::path& from, const fs::path& to) override {
    if (::link(from.c_str(), to.c_str()) != 0) return Failed("create", to);
    return {};
  }

  Result<void> Remove(const fs::path& path) override {
    if (::unlink(path.c_str()) != 0) return Failed("unlink", path);
    return {};
  }

  Result<void> MakeFolder(const fs::path& path) override {
    if (::mkdir(path.c_str(), 0755) == 0) return {};
    if (errno == ENOTDIR) {
      return FailedPrecondition(
          fmt::format("{} cannot be made: a file has a name above it", path.string()));
    }
    return Failed("mkdir", path);
  }

  Result<std::vector<FolderEntry>> List(const fs::path& folder) override {
    const auto close = [](DIR* opened) { ::closedir(opened); };
    const std::unique_ptr<DIR, decltype(close)> opened(::opendir(folder.c_str()), close);
    if (opened == nullptr) {
      if (errno == ENOTDIR) errno = ENOENT;
      return Failed("list", folder);
    }
    std::vector<FolderEntry> entries;
    for (;;) {
      errno = 0;
      // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own
      const dirent* const entry = ::readdir(opened.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat status{};
      // One that has gone since is left out.
      if (::fstatat(::dirfd(opened.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        continue;
      }
      const bool link = S_ISLNK(status.st_mode);
      if (link && ::fstatat(::dirfd(opened.get()), entry->d_name, &status, 0) != 0) continue;
      FileKind kind = KindOfMode(status.st_mode);
      if (link && kind == FileKind::kFolder) kind = FileKind::kOther;
      entries.push_back({.name = std::string(name),
                         .kind = kind,
                         .size = static_cast<std::uint64_t>(status.st_size)});
    }
    if (errno != 0) return Failed("list", folder);
    return entries;
  }

  Result<void> SyncFolder(const fs::path& folder) override {
    GC_ASSIGN_OR_RETURN(const Descriptor descriptor,
                        OpenDescriptor(folder, O_RDONLY | O_DIRECTORY, 0));
    if (::fsync(descriptor.get()) != 0 && errno != EINVAL) return Failed("fsync", folder);
    return {};
  }
};

}  // namespace

FileSystem& HostFileSystem() {
  static HostFiles files;
  return files;
}

}  // namespace geoclimate::base
