#include "geoclimate/blob/local/local_blob_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/blob/local/posix_file.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::blob {
namespace {

namespace fs = std::filesystem;

// '~' cannot be in a key, so that neither folder is ever a blob's.
constexpr const char* kTemporaryFolder = "~tmp";
constexpr const char* kLockFolder = "~lock";
// Few enough to make beforehand, enough that writes to different keys seldom meet.
constexpr std::uint64_t kLocks = 64;

std::string VersionOf(std::string_view bytes) {
  const formats::Xxh3Digest128 digest = formats::Xxh3Of128(bytes, 0);
  return fmt::format("{:016x}{:016x}", digest.high, digest.low);
}

bool IsMissing(const base::Error& error) {
  return error.code() == base::ErrorCode::kNotFound;
}

base::Error NoSuchBlob(std::string_view key) {
  return base::NotFound(fmt::format("there is no blob '{}'", key));
}

}  // namespace

// The lock of a key, held for the life of this.
class LocalBlobStore::KeyLock {
 public:
  static base::Result<KeyLock> Take(const fs::path& root, std::string_view key) {
    const std::string name = fmt::format("{:02x}", formats::Xxh3(key) % kLocks);
    GC_ASSIGN_OR_RETURN(PosixFile file,
                        PosixFile::Open(root / kLockFolder / name, O_RDWR | O_CREAT));
    const base::Result<bool> locked = file.Lock(PosixFile::Wait::kForever);
    if (!locked.ok()) return locked.error();
    return KeyLock(std::move(file));
  }
  KeyLock(KeyLock&& other) noexcept : file_(std::move(other.file_)) { other.file_.reset(); }
  KeyLock& operator=(KeyLock&&) = delete;
  ~KeyLock() {
    if (file_.has_value()) file_->Unlock();
  }

 private:
  explicit KeyLock(PosixFile file) : file_(std::move(file)) {}
  std::optional<PosixFile> file_;
};

// A file under ~tmp, removed at the end of this unless it was renamed. Locked while it is in use:
// that is how Open() knows an abandoned one.
class LocalBlobStore::Temporary {
 public:
  static base::Result<std::unique_ptr<Temporary>> Make(const fs::path& root,
                                                       std::atomic<std::uint64_t>& next) {
    while (true) {
      fs::path path = root / kTemporaryFolder / fmt::format("{}.{}", ::getpid(), next++);
      base::Result<PosixFile> file = PosixFile::Open(path, O_WRONLY | O_CREAT | O_EXCL);
      if (!file.ok() && file.error().code() == base::ErrorCode::kAlreadyExists) continue;
      if (!file.ok()) return file.error();
      const base::Result<bool> locked = file->Lock(PosixFile::Wait::kForever);
      if (!locked.ok()) return locked.error();
      // An Open() of the store may have removed it in the moment before it was locked.
      GC_ASSIGN_OR_RETURN(const bool linked, file->IsLinked());
      if (linked) {
        return std::unique_ptr<Temporary>(new Temporary(std::move(path), *std::move(file)));
      }
    }
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!renamed_) ::unlink(path_.c_str());
  }

  PosixFile& file() { return file_; }

  base::Result<void> RenameTo(const fs::path& target) {
    if (::rename(path_.c_str(), target.c_str()) != 0) {
      const int error = errno;
      if (error == EISDIR || error == EEXIST || error == ENOTEMPTY) {
        return base::FailedPrecondition(
            fmt::format("{} is a folder of blobs and cannot be one", target.string()));
      }
      return base::FromErrno(error, fmt::format("rename to {}", target.string()));
    }
    renamed_ = true;
    return {};
  }

 private:
  Temporary(fs::path path, PosixFile file) : path_(std::move(path)), file_(std::move(file)) {}

  fs::path path_;
  PosixFile file_;
  bool renamed_ = false;
};

LocalBlobStore::LocalBlobStore(fs::path root, WriteObserver* observer)
    : root_(std::move(root)), observer_(observer) {}

base::Result<std::unique_ptr<LocalBlobStore>> LocalBlobStore::Open(const fs::path& root,
                                                                   WriteObserver* observer) {
  GC_RETURN_IF_ERROR(MakeFolders(root / kTemporaryFolder));
  GC_RETURN_IF_ERROR(MakeFolders(root / kLockFolder));
  std::unique_ptr<LocalBlobStore> store(new LocalBlobStore(root, observer));
  GC_RETURN_IF_ERROR(store->RemoveAbandoned());
  return store;
}

base::Result<void> LocalBlobStore::RemoveAbandoned() const {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(root_ / kTemporaryFolder, error)) {
    base::Result<PosixFile> file = PosixFile::Open(entry.path(), O_RDONLY);
    if (!file.ok() && IsMissing(file.error())) continue;
    if (!file.ok()) return file.error();
    GC_ASSIGN_OR_RETURN(const bool locked, file->Lock(PosixFile::Wait::kNot));
    if (!locked) continue;
    ::unlink(entry.path().c_str());
    file->Unlock();
  }
  if (error) return base::FromErrno(error.value(), "list " + (root_ / kTemporaryFolder).string());
  return {};
}

base::Result<void> LocalBlobStore::Reached(WriteStep step, std::string_view key) const {
  if (observer_ == nullptr) return {};
  return observer_->After(step, key);
}

fs::path LocalBlobStore::PathOf(std::string_view key) const {
  return root_ / fs::path(key);
}

base::Result<Blob> LocalBlobStore::Get(std::string_view key) const {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  const fs::path path = PathOf(key);
  const base::Result<PosixFile> file = PosixFile::Open(path, O_RDONLY);
  // A folder, or a name below a file, is no blob either.
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error == std::errc::not_a_directory || fs::is_directory(status)) return NoSuchBlob(key);
  if (!file.ok() && IsMissing(file.error())) return NoSuchBlob(key);
  if (!file.ok()) return file.error();
  Blob blob;
  GC_ASSIGN_OR_RETURN(blob.bytes, file->ReadAll());
  blob.version = VersionOf(blob.bytes);
  return blob;
}

base::Result<bool> LocalBlobStore::Exists(std::string_view key) const {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  std::error_code ignored;
  return fs::is_regular_file(PathOf(key), ignored);
}

// With the key's lock held.
base::Result<std::string> LocalBlobStore::Replace(std::string_view key, std::string_view bytes) {
  const fs::path target = PathOf(key);
  GC_RETURN_IF_ERROR(MakeFolders(target.parent_path()));
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<Temporary> temporary,
                      Temporary::Make(root_, next_temporary_));
  GC_RETURN_IF_ERROR(Reached(WriteStep::kTemporaryMade, key));
  GC_RETURN_IF_ERROR(temporary->file().Write(bytes));
  GC_RETURN_IF_ERROR(Reached(WriteStep::kBytesWritten, key));
  GC_RETURN_IF_ERROR(temporary->file().Sync());
  GC_RETURN_IF_ERROR(Reached(WriteStep::kFileSynced, key));
  GC_RETURN_IF_ERROR(temporary->RenameTo(target));
  GC_RETURN_IF_ERROR(Reached(WriteStep::kRenamed, key));
  GC_RETURN_IF_ERROR(SyncFolder(target.parent_path()));
  GC_RETURN_IF_ERROR(Reached(WriteStep::kFolderSynced, key));
  return VersionOf(bytes);
}

base::Result<std::string> LocalBlobStore::Put(std::string_view key, std::string_view bytes) {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  GC_ASSIGN_OR_RETURN(const KeyLock lock, KeyLock::Take(root_, key));
  GC_RETURN_IF_ERROR(Reached(WriteStep::kLocked, key));
  return Replace(key, bytes);
}

base::Result<std::string> LocalBlobStore::PutIfAbsent(std::string_view key,
                                                      std::string_view bytes) {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  GC_ASSIGN_OR_RETURN(const KeyLock lock, KeyLock::Take(root_, key));
  GC_RETURN_IF_ERROR(Reached(WriteStep::kLocked, key));
  GC_ASSIGN_OR_RETURN(const bool exists, Exists(key));
  if (exists) return base::AlreadyExists(fmt::format("there is a blob '{}' already", key));
  return Replace(key, bytes);
}

base::Result<std::string> LocalBlobStore::PutIfMatch(std::string_view key, std::string_view bytes,
                                                     std::string_view version) {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  GC_ASSIGN_OR_RETURN(const KeyLock lock, KeyLock::Take(root_, key));
  GC_RETURN_IF_ERROR(Reached(WriteStep::kLocked, key));
  const base::Result<Blob> current = Get(key);
  if (!current.ok() && !IsMissing(current.error())) return current.error();
  if (!current.ok() || current->version != version) {
    return base::Error(base::ErrorCode::kAborted,
                       fmt::format("the blob '{}' was replaced by another writer", key));
  }
  return Replace(key, bytes);
}

base::Result<std::vector<BlobEntry>> LocalBlobStore::List(std::string_view prefix) const {
  const auto matches = [&](const std::string& key) {
    return ValidateKey(key).ok() && key.starts_with(prefix);
  };
  // The part of the prefix that is folders bounds the walk; a prefix that is no part of a key has
  // no blobs.
  const std::size_t slash = prefix.rfind('/');
  const std::string_view folder = slash == std::string_view::npos ? "" : prefix.substr(0, slash);
  std::vector<BlobEntry> entries;
  if (!folder.empty() && !ValidateKey(folder).ok()) return entries;
  std::error_code error;
  fs::recursive_directory_iterator walk(root_ / fs::path(folder), error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) {
    return entries;
  }
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    std::string key = walk->path().lexically_relative(root_).string();
    std::error_code vanished;
    if (!walk->is_regular_file(vanished)) {
      if (key.starts_with('~')) walk.disable_recursion_pending();
      continue;
    }
    const std::uintmax_t size = walk->file_size(vanished);
    if (!vanished && matches(key)) entries.push_back({std::move(key), size});
  }
  if (error) return base::FromErrno(error.value(), "list " + root_.string());
  std::ranges::sort(entries, {}, &BlobEntry::key);
  return entries;
}

base::Result<void> LocalBlobStore::Delete(std::string_view key) {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  GC_ASSIGN_OR_RETURN(const KeyLock lock, KeyLock::Take(root_, key));
  GC_RETURN_IF_ERROR(Reached(WriteStep::kLocked, key));
  GC_ASSIGN_OR_RETURN(const bool exists, Exists(key));
  if (!exists) return {};
  const fs::path path = PathOf(key);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return base::FromErrno(errno, fmt::format("unlink {}", path.string()));
  }
  GC_RETURN_IF_ERROR(Reached(WriteStep::kRenamed, key));
  GC_RETURN_IF_ERROR(SyncFolder(path.parent_path()));
  return Reached(WriteStep::kFolderSynced, key);
}

}  // namespace geoclimate::blob
