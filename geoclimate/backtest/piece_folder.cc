#include "geoclimate/backtest/piece_folder.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace geoclimate::backtest {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return std::move(bytes).str();
}

base::Error Failed(const std::error_code& error, std::string_view what, const fs::path& path) {
  return base::FromErrno(error.value(), fmt::format("{} {}", what, path.string()));
}

}  // namespace

std::string PieceName::FileName() const {
  return fmt::format("{}_d{}_{}", airquality::Slug(pollutant), horizon_days,
                     base::FormatDay(origin));
}

base::Result<PieceFolder> PieceFolder::Open(const fs::path& folder, const std::string& key,
                                            Earlier earlier) {
  PieceFolder pieces(folder / key);
  std::error_code error;
  if (earlier == Earlier::kDiscard) fs::remove_all(pieces.path_, error);
  if (error) return Failed(error, "remove", pieces.path_);
  fs::create_directories(pieces.path_, error);
  if (error) return Failed(error, "create the folder", pieces.path_);
  return pieces;
}

std::optional<Segment> PieceFolder::Load(const PieceName& name) const {
  const std::optional<std::string> bytes = ReadAll(PathOf(name));
  if (!bytes) return std::nullopt;
  base::Result<Segment> segment = ParseSegment(*bytes);
  if (!segment.ok()) return std::nullopt;
  return *std::move(segment);
}

base::Result<void> PieceFolder::Save(const PieceName& name, const Segment& segment) const {
  const fs::path unfinished = PathOf(name).string() + ".unfinished";
  const std::string bytes = EncodeSegment(segment);
  {
    std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.flush();
    if (!file) return base::FromErrno(errno, "write " + unfinished.string());
  }
  std::error_code error;
  fs::rename(unfinished, PathOf(name), error);
  if (error) return Failed(error, "rename", unfinished);
  return {};
}

void PieceFolder::Remove() const {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  fs::remove(path_.parent_path(), ignored);
}

}  // namespace geoclimate::backtest
