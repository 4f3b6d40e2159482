#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/backtest/segment.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"

namespace geoclimate::backtest {

// Which part of a backtest: one fit.
struct PieceName {
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  int horizon_days = 1;
  base::LocalDay origin;
  std::string FileName() const;  // "pm25_d1_2015-01-01"
};

// Where finished pieces wait for the rest, so that a backtest that was killed goes on. A piece is
// there whole or not at all. Thread-safe, for different pieces.
class PieceFolder {
 public:
  enum class Earlier { kKeep, kDiscard };

  // FOLDER/KEY, made when it is not there; `key` is a file name. Pieces of an earlier run with the
  // same key are kept or discarded. The disk's errors.
  static base::Result<PieceFolder> Open(const std::filesystem::path& folder, const std::string& key,
                                        Earlier earlier);

  // Nothing when it is not finished; a damaged piece counts as that.
  std::optional<Segment> Load(const PieceName& name) const;
  base::Result<void> Save(const PieceName& name, const Segment& segment) const;
  // FOLDER/KEY with all pieces, and FOLDER if it is empty then.
  void Remove() const;

 private:
  explicit PieceFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path PathOf(const PieceName& name) const { return path_ / name.FileName(); }
  std::filesystem::path path_;
};

}  // namespace geoclimate::backtest
