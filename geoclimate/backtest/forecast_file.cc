#include "geoclimate/backtest/forecast_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <iterator>
#include <system_error>

#include "geoclimate/airquality/method.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/file_system.h"

namespace geoclimate::backtest {
namespace {

constexpr std::size_t kFlushBytes = 1 << 20;

const std::string& TextOf(base::LocalDay day, base::LocalDay& known, std::string& text) {
  if (text.empty() || day != known) {
    known = day;
    text = base::FormatDay(day);
  }
  return text;
}

}  // namespace

ForecastFile::ForecastFile(std::filesystem::path path)
    : path_(std::move(path)),
      unfinished_(path_.string() + ".unfinished"),
      file_(unfinished_, std::ios::binary | std::ios::trunc),
      buffer_(
          "pollutant,site_id,issued_date,horizon_days,valid_date,method,mean,p10,p50,p90,"
          "p_aqi_over_100,aqi,observed,model_id\n") {}

base::Result<std::unique_ptr<ForecastFile>> ForecastFile::Create(std::filesystem::path path) {
  std::unique_ptr<ForecastFile> file(new ForecastFile(std::move(path)));
  if (!file->file_) return base::FromErrno(errno, "write " + file->unfinished_.string());
  return file;
}

ForecastFile::~ForecastFile() {
  if (finished_) return;
  file_.close();
  std::error_code ignored;
  std::filesystem::remove(unfinished_, ignored);
}

void ForecastFile::Write(const GivenForecast& given) {
  const forecast::PollutantForecast& forecast = given.forecast;
  const auto& quantiles = forecast.concentration.quantiles;
  const base::LocalDay valid_day = given.issue_day + std::chrono::days(given.horizon_days);
  auto out = std::back_inserter(buffer_);
  fmt::format_to(out, "{},{},{},{},{},{},{},{},{},{},{},{},", airquality::Name(forecast.pollutant),
                 given.site.ToString(), TextOf(given.issue_day, issue_day_, issue_day_text_),
                 given.horizon_days, TextOf(valid_day, valid_day_, valid_day_text_),
                 airquality::MethodName(forecast.method), forecast.concentration.mean,
                 quantiles[model::kP10], quantiles[model::kP50], quantiles[model::kP90],
                 forecast.probability_over_100, forecast.aqi);
  if (!std::isnan(given.observed)) fmt::format_to(out, "{}", given.observed);
  fmt::format_to(out, ",{}\n", given.model_id);
  ++rows_;
  if (buffer_.size() >= kFlushBytes) Flush();
}

void ForecastFile::Flush() {
  file_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  buffer_.clear();
}

base::Result<void> ForecastFile::Finish() {
  Flush();
  file_.close();
  if (!file_) return base::FromErrno(errno, "write " + unfinished_.string());
  // The rename may be on the disk before the bytes are, unless they are synced first.
  base::FileSystem& files = base::HostFileSystem();
  {
    GC_ASSIGN_OR_RETURN(const auto written, files.Open(unfinished_, base::OpenMode::kAppend));
    GC_RETURN_IF_ERROR(written->Sync());
  }
  GC_RETURN_IF_ERROR(files.Rename(unfinished_, path_));
  finished_ = true;
  return files.SyncFolder(path_.has_parent_path() ? path_.parent_path() : ".");
}

}  // namespace geoclimate::backtest
