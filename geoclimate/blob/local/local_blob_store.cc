#include "geoclimate/blob/local/local_blob_store.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/digest.h"

namespace geoclimate::blob {
namespace {

namespace fs = std::filesystem;
using base::File;
using base::FileKind;
using base::FileSystem;
using base::OpenMode;

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
  static base::Result<KeyLock> Take(FileSystem& files, const fs::path& root, std::string_view key) {
    const std::string name = fmt::format("{:02x}", formats::Xxh3(key) % kLocks);
    GC_ASSIGN_OR_RETURN(std::unique_ptr<File> file,
                        files.Open(root / kLockFolder / name, OpenMode::kAppend));
    const base::Result<bool> locked = file->Lock(File::Wait::kForever);
    if (!locked.ok()) return locked.error();
    return KeyLock(std::move(file));
  }
  KeyLock(KeyLock&& other) noexcept = default;
  KeyLock& operator=(KeyLock&&) = delete;
  ~KeyLock() {
    if (file_ != nullptr) file_->Unlock();
  }

 private:
  explicit KeyLock(std::unique_ptr<File> file) : file_(std::move(file)) {}
  std::unique_ptr<File> file_;
};

LocalBlobStore::LocalBlobStore(fs::path root, WriteObserver* observer, FileSystem& files)
    : root_(std::move(root)), observer_(observer), files_(files) {}

base::Result<std::unique_ptr<LocalBlobStore>> LocalBlobStore::Open(const fs::path& root,
                                                                   WriteObserver* observer,
                                                                   FileSystem& files) {
  GC_RETURN_IF_ERROR(base::MakeFolders(files, root / kTemporaryFolder));
  GC_RETURN_IF_ERROR(base::MakeFolders(files, root / kLockFolder));
  std::unique_ptr<LocalBlobStore> store(new LocalBlobStore(root, observer, files));
  GC_RETURN_IF_ERROR(store->RemoveAbandoned());
  return store;
}

base::Result<void> LocalBlobStore::RemoveAbandoned() const {
  GC_ASSIGN_OR_RETURN(const std::vector<base::FolderEntry> entries,
                      files_.List(root_ / kTemporaryFolder));
  for (const base::FolderEntry& entry : entries) {
    GC_RETURN_IF_ERROR(base::RemoveIfAbandoned(files_, root_ / kTemporaryFolder / entry.name));
  }
  return {};
}

base::Result<std::unique_ptr<base::TemporaryFile>> LocalBlobStore::MakeTemporary() {
  while (true) {
    const fs::path path =
        root_ / kTemporaryFolder / fmt::format("{}.{}", ::getpid(), next_temporary_++);
    auto made = base::TemporaryFile::Make(files_, path);
    if (made.ok() || made.error().code() != base::ErrorCode::kAlreadyExists) return made;
  }
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
  const base::Result<std::unique_ptr<File>> file = files_.Open(path, OpenMode::kRead);
  // A folder, or a name below a file, is no blob either.
  GC_ASSIGN_OR_RETURN(const FileKind kind, files_.KindOf(path));
  if (kind == FileKind::kAbsent || kind == FileKind::kFolder) return NoSuchBlob(key);
  if (!file.ok() && IsMissing(file.error())) return NoSuchBlob(key);
  if (!file.ok()) return file.error();
  Blob blob;
  GC_ASSIGN_OR_RETURN(blob.bytes, (*file)->ReadAll());
  blob.version = VersionOf(blob.bytes);
  return blob;
}

base::Result<bool> LocalBlobStore::Exists(std::string_view key) const {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  GC_ASSIGN_OR_RETURN(const FileKind kind, files_.KindOf(PathOf(key)));
  return kind == FileKind::kFile;
}

// Once for each folder: to find out that one is there and durable is a sync of the one above it.
base::Result<void> LocalBlobStore::MakeFolderOf(const fs::path& target) {
  const fs::path folder = target.parent_path();
  {
    const base::MutexLock lock(mutex_);
    if (folders_.contains(folder.native())) return {};
  }
  GC_RETURN_IF_ERROR(base::MakeFolders(files_, folder));
  const base::MutexLock lock(mutex_);
  folders_.insert(folder.native());
  return {};
}

// With the key's lock held.
base::Result<std::string> LocalBlobStore::Replace(std::string_view key, std::string_view bytes) {
  const fs::path target = PathOf(key);
  GC_RETURN_IF_ERROR(MakeFolderOf(target));
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<base::TemporaryFile> temporary, MakeTemporary());
  GC_RETURN_IF_ERROR(Reached(WriteStep::kTemporaryMade, key));
  GC_RETURN_IF_ERROR(temporary->file().Write(bytes));
  GC_RETURN_IF_ERROR(Reached(WriteStep::kBytesWritten, key));
  GC_RETURN_IF_ERROR(temporary->file().Sync());
  GC_RETURN_IF_ERROR(Reached(WriteStep::kFileSynced, key));
  base::Result<void> renamed = temporary->RenameTo(target);
  if (!renamed.ok() && IsMissing(renamed.error())) {
    // Somebody has removed a folder that was there.
    GC_RETURN_IF_ERROR(base::MakeFolders(files_, target.parent_path()));
    renamed = temporary->RenameTo(target);
  }
  if (!renamed.ok() && renamed.error().code() == base::ErrorCode::kFailedPrecondition) {
    return base::FailedPrecondition(
        fmt::format("{} is a folder of blobs and cannot be one", target.string()));
  }
  if (!renamed.ok()) return renamed.error();
  GC_RETURN_IF_ERROR(Reached(WriteStep::kRenamed, key));
  GC_RETURN_IF_ERROR(files_.SyncFolder(target.parent_path()));
  GC_RETURN_IF_ERROR(Reached(WriteStep::kFolderSynced, key));
  return VersionOf(bytes);
}

base::Result<std::string> LocalBlobStore::Put(std::string_view key, std::string_view bytes) {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  GC_ASSIGN_OR_RETURN(const KeyLock lock, KeyLock::Take(files_, root_, key));
  GC_RETURN_IF_ERROR(Reached(WriteStep::kLocked, key));
  return Replace(key, bytes);
}

base::Result<std::string> LocalBlobStore::PutIfAbsent(std::string_view key,
                                                      std::string_view bytes) {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  GC_ASSIGN_OR_RETURN(const KeyLock lock, KeyLock::Take(files_, root_, key));
  GC_RETURN_IF_ERROR(Reached(WriteStep::kLocked, key));
  GC_ASSIGN_OR_RETURN(const bool exists, Exists(key));
  if (exists) return base::AlreadyExists(fmt::format("there is a blob '{}' already", key));
  return Replace(key, bytes);
}

base::Result<std::string> LocalBlobStore::PutIfMatch(std::string_view key, std::string_view bytes,
                                                     std::string_view version) {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  GC_ASSIGN_OR_RETURN(const KeyLock lock, KeyLock::Take(files_, root_, key));
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
  std::vector<std::string> unread = {std::string(folder)};
  while (!unread.empty()) {
    const std::string below = std::move(unread.back());
    unread.pop_back();
    const auto listed = files_.List(root_ / fs::path(below));
    if (!listed.ok() && IsMissing(listed.error())) continue;
    if (!listed.ok()) return listed.error();
    for (const base::FolderEntry& entry : *listed) {
      std::string key = below.empty() ? entry.name : fmt::format("{}/{}", below, entry.name);
      if (entry.kind == FileKind::kFolder && !key.starts_with('~')) {
        unread.push_back(std::move(key));
      } else if (entry.kind == FileKind::kFile && matches(key)) {
        entries.push_back({std::move(key), entry.size});
      }
    }
  }
  std::ranges::sort(entries, {}, &BlobEntry::key);
  return entries;
}

base::Result<void> LocalBlobStore::Delete(std::string_view key) {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  GC_ASSIGN_OR_RETURN(const KeyLock lock, KeyLock::Take(files_, root_, key));
  GC_RETURN_IF_ERROR(Reached(WriteStep::kLocked, key));
  GC_ASSIGN_OR_RETURN(const bool exists, Exists(key));
  const fs::path path = PathOf(key);
  // Also for one that is not there: whoever deleted it may have died before it was durable.
  if (!exists) return SyncFolderOf(path);
  base::Result<void> removed = files_.Remove(path);
  if (!removed.ok() && !IsMissing(removed.error())) return removed;
  GC_RETURN_IF_ERROR(Reached(WriteStep::kRenamed, key));
  GC_RETURN_IF_ERROR(SyncFolderOf(path));
  return Reached(WriteStep::kFolderSynced, key);
}

base::Result<void> LocalBlobStore::Sync(std::string_view key) {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  return SyncFolderOf(PathOf(key));
}

base::Result<void> LocalBlobStore::SyncFolderOf(const fs::path& target) {
  const fs::path folder = target.parent_path();
  base::Result<void> synced = files_.SyncFolder(folder);
  if (synced.ok()) return synced;
  // Without a folder there is nothing to lose.
  GC_ASSIGN_OR_RETURN(const FileKind kind, files_.KindOf(folder));
  return kind == FileKind::kFolder ? synced : base::Result<void>();
}

}  // namespace geoclimate::blob
