#include "geoclimate/prediction_log/spill_folder.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/temporary_file.h"
#include "geoclimate/prediction_log/spill_file.h"

namespace geoclimate::prediction_log {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".spill";
constexpr std::string_view kTemporarySuffix = ".writing";
constexpr std::string_view kAsideSuffix = ".damaged";

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

}  // namespace

base::Result<std::unique_ptr<SpillFolder>> SpillFolder::Open(const fs::path& folder,
                                                             std::uint64_t max_bytes,
                                                             base::FileSystem& files) {
  GC_RETURN_IF_ERROR(base::MakeFolders(files, folder));
  std::unique_ptr<SpillFolder> spill(new SpillFolder(folder, max_bytes, files));
  GC_RETURN_IF_ERROR(spill->Scan());
  return spill;
}

base::Result<void> SpillFolder::Scan() {
  const base::MutexLock lock(mutex_);
  GC_ASSIGN_OR_RETURN(const std::vector<base::FolderEntry> entries, files_.List(folder_));
  for (const base::FolderEntry& entry : entries) {
    if (entry.name.ends_with(kTemporarySuffix)) {
      GC_RETURN_IF_ERROR(base::RemoveIfAbandoned(files_, folder_ / entry.name));
      continue;
    }
    bytes_ += entry.size;
    if (entry.name.ends_with(kSuffix)) names_.emplace(entry.name, entry.size);
  }
  return {};
}

base::Result<void> SpillFolder::WriteFile(const std::string& name, std::string_view bytes) const {
  const fs::path path = folder_ / name;
  fs::path temporary_path = path;
  temporary_path += kTemporarySuffix;
  GC_ASSIGN_OR_RETURN(
      const std::unique_ptr<base::TemporaryFile> temporary,
      base::TemporaryFile::Make(files_, temporary_path, base::FileAccess::kOwnerOnly));
  GC_RETURN_IF_ERROR(temporary->file().Write(bytes));
  GC_RETURN_IF_ERROR(temporary->file().Sync());
  GC_RETURN_IF_ERROR(temporary->RenameTo(path));
  return files_.SyncFolder(folder_);
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
  names_.emplace(name, bytes.size());
  return Kept::kYes;
}

std::optional<SpillFolder::Found> SpillFolder::Oldest() {
  while (true) {
    std::string name;
    {
      const base::MutexLock lock(mutex_);
      if (names_.empty()) return std::nullopt;
      name = names_.begin()->first;
    }
    const auto read = [&]() -> base::Result<std::string> {
      GC_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file,
                          files_.Open(folder_ / name, base::OpenMode::kRead));
      return file->ReadAll();
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
  base::Result<void> removed = files_.Remove(folder_ / name);
  const base::MutexLock lock(mutex_);
  const auto waiting = names_.find(name);
  if (waiting != names_.end()) {
    if (removed.ok()) bytes_ -= std::min(waiting->second, bytes_);
    names_.erase(waiting);
  }
  // Another process was quicker.
  if (!removed.ok() && removed.error().code() == base::ErrorCode::kNotFound) return {};
  return removed;
}

std::string SpillFolder::SetAside(const std::string& name) {
  const fs::path path = folder_ / name;
  fs::path aside = path;
  aside += kAsideSuffix;
  const base::Result<void> renamed = files_.Rename(path, aside);
  const base::MutexLock lock(mutex_);
  names_.erase(name);
  return (renamed.ok() ? aside : path).string();
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
