#include "tests/fault/power/virtual_file_system.h"

#include <fmt/format.h>

#include <cerrno>
#include <string>
#include <utility>

#include "geoclimate/base/check.h"

namespace geoclimate::fault {
namespace {

using base::Result;
using std::filesystem::path;

base::Error Failed(int error, std::string_view call, const path& at) {
  return base::FromErrno(error, fmt::format("{} {}", call, at.string()));
}

Result<void> Done(int error, std::string_view call, const path& at) {
  if (error == 0) return {};
  return Failed(error, call, at);
}

base::FileKind KindOfNode(const Node* node) {
  if (node == nullptr) return base::FileKind::kAbsent;
  return node->is_folder ? base::FileKind::kFolder : base::FileKind::kFile;
}

class VirtualFile final : public base::File {
 public:
  VirtualFile(VirtualDisk& disk, std::shared_ptr<Node> node, path at, Lie lie)
      : disk_(disk),
        node_(std::move(node)),
        path_(std::move(at)),
        lie_(lie),
        process_(disk.process()) {}
  ~VirtualFile() override { Unlock(); }

  Result<void> Write(std::string_view bytes) override {
    if (!IsOpen()) return Failed(EIO, "write", path_);
    // As a kernel may take them: in parts.
    while (!bytes.empty()) {
      const std::string_view part = bytes.substr(0, kMostAtOnce);
      GC_RETURN_IF_ERROR(Done(disk_.Write(*node_, node_->bytes.size(), part), "write", path_));
      bytes.remove_prefix(part.size());
    }
    return {};
  }

  Result<std::string> ReadAll() const override {
    if (!IsOpen()) return Failed(EIO, "read", path_);
    if (node_->is_folder) {
      return base::FailedPrecondition(fmt::format("{} is not a file", path_.string()));
    }
    return node_->bytes;
  }

  Result<void> Sync() override {
    if (!IsOpen()) return Failed(EIO, "fsync", path_);
    if (lie_ == Lie::kFileSync) return {};
    return Done(disk_.SyncFile(*node_), "fsync", path_);
  }

  Result<bool> Lock(Wait wait) override {
    if (!IsOpen()) return Failed(EIO, "flock", path_);
    if (node_->lock_holder != nullptr && node_->lock_holder != this) {
      GC_CHECK(wait == Wait::kNot, "one thread cannot wait for itself");
      return false;
    }
    node_->lock_holder = this;
    return true;
  }
  void Unlock() override {
    if (node_->lock_holder == this) node_->lock_holder = nullptr;
  }

  Result<bool> IsLinked() const override {
    if (!IsOpen()) return Failed(EIO, "stat", path_);
    return node_->names > 0;
  }

 private:
  static constexpr std::size_t kMostAtOnce = 4096;

  bool IsOpen() const { return process_ == disk_.process() && !disk_.is_dead(); }

  VirtualDisk& disk_;
  const std::shared_ptr<Node> node_;
  const path path_;
  const Lie lie_;
  const std::uint64_t process_;
};

}  // namespace

Result<std::unique_ptr<base::File>> VirtualFileSystem::Open(const path& at, base::OpenMode mode,
                                                            base::FileAccess) {
  if (disk_.is_dead()) return Failed(EIO, "open", at);
  std::shared_ptr<Node> node = disk_.Find(at);
  if (node != nullptr && mode == base::OpenMode::kCreateNew) return Failed(EEXIST, "open", at);
  if (node == nullptr && mode == base::OpenMode::kRead) return Failed(ENOENT, "open", at);
  if (node == nullptr) GC_RETURN_IF_ERROR(Done(disk_.Make(at, false, &node), "open", at));
  return std::unique_ptr<base::File>(
      std::make_unique<VirtualFile>(disk_, std::move(node), at, lie_));
}

Result<base::FileKind> VirtualFileSystem::KindOf(const path& at) {
  if (disk_.is_dead()) return Failed(EIO, "stat", at);
  return KindOfNode(disk_.Find(at).get());
}

Result<void> VirtualFileSystem::Rename(const path& from, const path& to) {
  const int error = disk_.Rename(from, to);
  if (error == EISDIR) return base::FailedPrecondition(to.string() + " is a folder");
  return Done(error, "rename to", to);
}

Result<void> VirtualFileSystem::Link(const path& from, const path& to) {
  return Done(disk_.Link(from, to), "create", to);
}

Result<void> VirtualFileSystem::Remove(const path& at) {
  return Done(disk_.Remove(at), "unlink", at);
}

Result<void> VirtualFileSystem::MakeFolder(const path& at) {
  std::shared_ptr<Node> made;
  const int error = disk_.Make(at, true, &made);
  if (error == ENOTDIR) return base::FailedPrecondition(at.string() + " is below a file");
  return Done(error, "mkdir", at);
}

Result<std::vector<base::FolderEntry>> VirtualFileSystem::List(const path& folder) {
  if (disk_.is_dead()) return Failed(EIO, "list", folder);
  const std::shared_ptr<Node> node = disk_.Find(folder);
  if (node == nullptr || !node->is_folder) return Failed(ENOENT, "list", folder);
  std::vector<base::FolderEntry> entries;
  entries.reserve(node->entries.size());
  for (const auto& [name, entry] : node->entries) {
    entries.push_back({.name = name, .kind = KindOfNode(entry.get()), .size = entry->bytes.size()});
  }
  return entries;
}

Result<void> VirtualFileSystem::SyncFolder(const path& folder) {
  if (disk_.is_dead()) return Failed(EIO, "open", folder);
  const std::shared_ptr<Node> node = disk_.Find(folder);
  if (node == nullptr || !node->is_folder) return Failed(ENOENT, "open", folder);
  if (lie_ == Lie::kFolderSync) return {};
  return Done(disk_.SyncFolder(*node), "fsync", folder);
}

}  // namespace geoclimate::fault
