#include "geoclimate/ingest/file_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>

namespace geoclimate::ingest {
namespace {

namespace fs = std::filesystem;

bool HasDataName(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".csv") || name.ends_with(".csv.gz");
}

DataFile Describe(const fs::path& path) {
  std::error_code ignored;
  const std::uintmax_t bytes = fs::file_size(path, ignored);
  return {path, path.lexically_normal().string(), ignored ? 0 : bytes};
}

base::Result<void> AddFolder(const fs::path& folder, std::vector<DataFile>& files) {
  std::error_code status;
  const std::size_t before = files.size();
  auto entry = fs::recursive_directory_iterator(folder, status);
  for (; !status && entry != fs::recursive_directory_iterator(); entry.increment(status)) {
    std::error_code ignored;
    if (HasDataName(entry->path()) && entry->is_regular_file(ignored)) {
      files.push_back(Describe(entry->path()));
    }
  }
  if (status) return base::FromErrno(status.value(), fmt::format("read {}", folder.string()));
  if (files.size() == before) {
    return base::NotFound(fmt::format("no *.csv or *.csv.gz below {}", folder.string()));
  }
  return {};
}

}  // namespace

base::Result<std::vector<DataFile>> FindDataFiles(std::span<const fs::path> paths) {
  std::vector<DataFile> found;
  for (const fs::path& path : paths) {
    std::error_code status;
    const fs::file_status file = fs::status(path, status);
    if (!fs::exists(file)) {
      return base::NotFound(fmt::format("{} does not exist", path.string()));
    }
    if (fs::is_directory(file)) {
      GC_RETURN_IF_ERROR(AddFolder(path, found));
    } else {
      found.push_back(Describe(path));
    }
  }
  std::sort(found.begin(), found.end(),
            [](const DataFile& a, const DataFile& b) { return a.origin < b.origin; });
  std::set<fs::path> seen;
  std::vector<DataFile> files;
  for (DataFile& file : found) {
    std::error_code ignored;
    const fs::path canonical = fs::weakly_canonical(file.path, ignored);
    if (seen.insert(ignored ? file.path : canonical).second) files.push_back(std::move(file));
  }
  return files;
}

}  // namespace geoclimate::ingest
