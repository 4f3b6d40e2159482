#include "geoclimate/prediction_log/spill_folder.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/blob/local/posix_file.h"
#include "geoclimate/prediction_log/spill_file.h"

namespace geoclimate::prediction_log {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".spill";
constexpr std::string_view kTemporarySuffix = ".writing";
constexpr std::string_view kAsideSuffix = ".damaged";
// A file that was begun so long ago is not being written any more.
constexpr std::chrono::hours kAbandoned{1};

// "00001700000000000000-{id}-{predictions}.spill": names are in the order of time.
std::string NameOf(const store::PredictionBatch& batch) {
  const std::int64_t at =
      batch.predictions.empty() ? 0 : batch.predictions.front().at.time_since_epoch().count();
  return fmt::format("{:020}-{}-{}{}", std::max(at, std::int64_t{0}), batch.id,
                     batch.predictions.size(), kSuffix);
}

std::size_t PredictionsOf(std::string_view name) {
  name.remove_suffix(std::min(name.size(), kSuffix.size()));
  const std::string_view digits = name.substr(name.rfind('-') + 1);
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  constexpr std::size_t kMost = 1'000'000;
  return error == std::errc() && end == digits.data() + digits.size() ? std::min(count, kMost) : 1;
}

bool IsAbandoned(const fs::directory_entry& entry) {
  std::error_code error;
  const auto written = entry.last_write_time(error);
  return !error && fs::file_time_type::clock::now() - written > kAbandoned;
}

}  // namespace

base::Result<std::unique_ptr<SpillFolder>> SpillFolder::Open(const fs::path& folder,
                                                             std::uint64_t max_bytes) {
  GC_RETURN_IF_ERROR(blob::MakeFolders(folder));
  std::unique_ptr<SpillFolder> spill(new SpillFolder(folder, max_bytes));
  GC_RETURN_IF_ERROR(spill->Scan());
  return spill;
}

base::Result<void> SpillFolder::Scan() {
  std::error_code error;
  const base::MutexLock lock(mutex_);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    std::error_code ignored;
    if (name.ends_with(kTemporarySuffix) && IsAbandoned(entry)) {
      fs::remove(entry.path(), ignored);
      continue;
    }
    const auto bytes = entry.file_size(ignored);
    if (!ignored) bytes_ += bytes;
    if (name.ends_with(kSuffix)) names_.insert(name);
  }
  if (error) return base::FromErrno(error.value(), folder_.string());
  return {};
}

base::Result<void> SpillFolder::WriteFile(const std::string& name, std::string_view bytes) const {
  const fs::path path = folder_ / name;
  fs::path temporary = path;
  temporary += kTemporarySuffix;
  const auto write = [&]() -> base::Result<void> {
    GC_ASSIGN_OR_RETURN(blob::PosixFile file,
                        blob::PosixFile::Open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    GC_RETURN_IF_ERROR(file.Write(bytes));
    GC_RETURN_IF_ERROR(file.Sync());
    std::error_code error;
    fs::rename(temporary, path, error);
    if (error) return base::FromErrno(error.value(), "rename " + temporary.string());
    return blob::SyncFolder(folder_);
  };
  base::Result<void> written = write();
  if (!written.ok()) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
  }
  return written;
}

base::Result<SpillFolder::Kept> SpillFolder::Keep(const store::PredictionBatch& batch) {
  const std::string bytes = EncodeSpill(batch);
  const std::string name = NameOf(batch);
  {
    const base::MutexLock lock(mutex_);
    if (bytes_ + bytes.size() > max_bytes_) return Kept::kFull;
    bytes_ += bytes.size();
  }
  const base::Result<void> written = WriteFile(name, bytes);
  const base::MutexLock lock(mutex_);
  if (!written.ok()) {
    bytes_ -= bytes.size();
    return written.error();
  }
  names_.insert(name);
  return Kept::kYes;
}

std::optional<SpillFolder::Found> SpillFolder::Oldest() {
  while (true) {
    std::string name;
    {
      const base::MutexLock lock(mutex_);
      if (names_.empty()) return std::nullopt;
      name = *names_.begin();
    }
    const auto read = [&]() -> base::Result<std::string> {
      GC_ASSIGN_OR_RETURN(const blob::PosixFile file,
                          blob::PosixFile::Open(folder_ / name, O_RDONLY));
      return file.ReadAll();
    };
    const base::Result<std::string> bytes = read();
    if (!bytes.ok() && bytes.error().code() == base::ErrorCode::kNotFound) {
      // Another process has replayed it.
      const base::MutexLock lock(mutex_);
      names_.erase(name);
      continue;
    }
    Found found{.name = name,
                .predictions = PredictionsOf(name),
                .batch = bytes.ok() ? ParseSpill(*bytes)
                                    : base::Result<store::PredictionBatch>(bytes.error())};
    return found;
  }
}

base::Result<void> SpillFolder::Remove(const std::string& name) {
  std::error_code error;
  const auto bytes = fs::file_size(folder_ / name, error);
  const bool is_there = !error;
  fs::remove(folder_ / name, error);
  const base::MutexLock lock(mutex_);
  names_.erase(name);
  if (is_there) bytes_ -= std::min<std::uint64_t>(bytes, bytes_);
  if (error) return base::FromErrno(error.value(), "remove " + (folder_ / name).string());
  return {};
}

std::string SpillFolder::SetAside(const std::string& name) {
  const fs::path path = folder_ / name;
  fs::path aside = path;
  aside += kAsideSuffix;
  std::error_code error;
  fs::rename(path, aside, error);
  const base::MutexLock lock(mutex_);
  names_.erase(name);
  return (error ? path : aside).string();
}

bool SpillFolder::empty() const {
  const base::MutexLock lock(mutex_);
  return names_.empty();
}

std::uint64_t SpillFolder::bytes() const {
  const base::MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace geoclimate::prediction_log
