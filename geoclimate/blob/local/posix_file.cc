#include "geoclimate/blob/local/posix_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <fmt/format.h>

namespace geoclimate::blob {

namespace fs = std::filesystem;

PosixFile::PosixFile(int descriptor, fs::path path)
    : descriptor_(descriptor), path_(std::move(path)) {}

PosixFile::PosixFile(PosixFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

PosixFile::~PosixFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

base::Error PosixFile::Failed(std::string_view call) const {
  return base::FromErrno(errno, fmt::format("{} {}", call, path_.string()));
}

base::Result<PosixFile> PosixFile::Open(const fs::path& path, int flags, unsigned mode) {
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) return base::FromErrno(errno, fmt::format("open {}", path.string()));
  return PosixFile(descriptor, path);
}

base::Result<void> PosixFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

base::Result<std::string> PosixFile::ReadAll() const {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) return Failed("stat");
  if (!S_ISREG(status.st_mode)) {
    return base::FailedPrecondition(fmt::format("{} is not a file", path_.string()));
  }
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got =
        ::pread(descriptor_, bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read");
    if (got == 0) return base::DataLoss(fmt::format("{} became shorter", path_.string()));
    have += static_cast<std::size_t>(got);
  }
  return bytes;
}

base::Result<void> PosixFile::Sync() {
  if (::fsync(descriptor_) != 0) return Failed("fsync");
  return {};
}

base::Result<bool> PosixFile::Lock(Wait wait) {
  const int operation = LOCK_EX | (wait == Wait::kNot ? LOCK_NB : 0);
  while (::flock(descriptor_, operation) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return Failed("flock");
  }
  return true;
}

void PosixFile::Unlock() {
  // Not left to close(): a process forked meanwhile shares the lock through its copy of the
  // descriptor.
  ::flock(descriptor_, LOCK_UN);
}

base::Result<bool> PosixFile::IsLinked() const {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) return Failed("stat");
  return status.st_nlink > 0;
}

base::Result<void> SyncFolder(const fs::path& folder) {
  GC_ASSIGN_OR_RETURN(PosixFile opened, PosixFile::Open(folder, O_RDONLY | O_DIRECTORY));
  return opened.Sync();
}

base::Result<void> MakeFolders(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0755) == 0) {
    return SyncFolder(folder.has_parent_path() ? folder.parent_path() : fs::path("."));
  }
  if (errno == ENOENT && folder.has_parent_path()) {
    GC_RETURN_IF_ERROR(MakeFolders(folder.parent_path()));
    return MakeFolders(folder);
  }
  const int error = errno;
  std::error_code ignored;
  if (error == EEXIST && fs::is_directory(folder, ignored)) return {};
  if (error == EEXIST || error == ENOTDIR) {
    return base::FailedPrecondition(
        fmt::format("{} cannot be made: a file has that name or one above it", folder.string()));
  }
  return base::FromErrno(error, fmt::format("mkdir {}", folder.string()));
}

}  // namespace geoclimate::blob
