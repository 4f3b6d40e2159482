#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "geoclimate/backtest/issue_pass.h"
#include "geoclimate/base/result.h"

namespace geoclimate::backtest {

// Writes the file of forecasts, as CSV with the columns
//
//   pollutant,site_id,issued_date,horizon_days,valid_date,method,mean,p10,p50,p90,
//   p_aqi_over_100,aqi,observed,model_id
//
// Values are the shortest decimals that give the same float; `observed` is empty where nothing was
// measured. The file is at its place only after Finish(), whole, and durable; until then it lies
// beside it under the name PATH.unfinished, which the destructor removes.
//
// Not thread-safe.
class ForecastFile {
 public:
  // The disk's errors, as Finish().
  static base::Result<std::unique_ptr<ForecastFile>> Create(std::filesystem::path path);
  ~ForecastFile();

  // A failure shows in Finish().
  void Write(const GivenForecast& given);
  base::Result<void> Finish();

  std::uint64_t rows() const { return rows_; }

 private:
  explicit ForecastFile(std::filesystem::path path);
  void Flush();

  std::filesystem::path path_;
  std::filesystem::path unfinished_;
  std::ofstream file_;
  std::string buffer_;
  std::uint64_t rows_ = 0;
  bool finished_ = false;
  // Of the row before: the text of its days is mostly the same.
  base::LocalDay issue_day_{};
  std::string issue_day_text_;
  base::LocalDay valid_day_{};
  std::string valid_day_text_;
};

}  // namespace geoclimate::backtest
