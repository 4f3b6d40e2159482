#include "geoclimate/base/file_system.h"

#include <fmt/format.h>

namespace geoclimate::base {
namespace {

std::filesystem::path Above(const std::filesystem::path& folder) {
  return folder.has_parent_path() ? folder.parent_path() : std::filesystem::path(".");
}

}  // namespace

Result<void> MakeFolders(FileSystem& files, const std::filesystem::path& folder) {
  if (folder.empty()) return {};
  // "a/b/" is the folder "a/b".
  if (!folder.has_filename()) {
    if (folder == folder.parent_path()) return {};
    return MakeFolders(files, folder.parent_path());
  }
  Result<void> made = files.MakeFolder(folder);
  if (!made.ok() && made.error().code() == ErrorCode::kNotFound && folder.has_parent_path()) {
    GC_RETURN_IF_ERROR(MakeFolders(files, folder.parent_path()));
    made = files.MakeFolder(folder);
  }
  if (!made.ok()) {
    const Result<FileKind> kind = files.KindOf(folder);
    if (!kind.ok()) return kind.error();
    if (*kind == FileKind::kFolder) {
      // Whoever made it may not have synced the one above, or have died before it could.
      Result<void> synced = files.SyncFolder(Above(folder));
      // What may not be read was not made by this user.
      if (synced.ok() || synced.error().code() == ErrorCode::kPermissionDenied) return {};
      return synced;
    }
    if (made.error().code() != ErrorCode::kAlreadyExists) return made;
    return FailedPrecondition(
        fmt::format("{} cannot be made: a file has that name", folder.string()));
  }
  return files.SyncFolder(Above(folder));
}

}  // namespace geoclimate::base
