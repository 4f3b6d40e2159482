#include "apps/geoclimate/weather_option.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "apps/geoclimate/progress.h"
#include "apps/geoclimate/rejects_file.h"

namespace geoclimate::app {
namespace {

constexpr std::size_t kShownRejects = 5;

// Where rejected rows go: the first to `notes`, all to a file if there is one. Files are read one
// after the other.
class Rejects {
 public:
  Rejects(RejectsFile* file, std::ostream& notes) : file_(file), notes_(notes) {}

  void Take(std::string_view origin, const ingest::RejectedRow& row) {
    if (shown_ < kShownRejects) {
      ++shown_;
      notes_ << fmt::format("weather: {}:{}: column {}: {}: {}\n", origin, row.line, row.column,
                            ingest::ReasonName(row.reason), row.detail);
    }
    if (file_ == nullptr) return;
    if (origin != origin_) {
      Flush();
      origin_ = origin;
      of_file_.emplace(origin);
    }
    if (const auto written = of_file_->Write(row); !written.ok()) failure_ = written.error();
  }
  base::Result<void> Close() {
    if (file_ == nullptr) return {};
    Flush();
    if (failure_) return *failure_;
    return file_->Close();
  }

 private:
  void Flush() {
    if (!of_file_) return;
    if (const auto appended = file_->Append(*of_file_); !appended.ok()) {
      failure_ = appended.error();
    }
    of_file_.reset();
  }

  RejectsFile* file_;
  std::ostream& notes_;
  std::size_t shown_ = 0;
  std::string origin_;
  std::optional<FileRejects> of_file_;
  std::optional<base::Error> failure_;
};

std::string Describe(const service::WeatherFiles& weather) {
  const service::WeatherReport& report = weather.report();
  const ingest::WeatherCounts& counts = report.counts;
  std::string text = fmt::format(
      "weather: {} files, {} rows: {} forecasts of {} variables for {} places, {} not issued "
      "before "
      "their day, {} rejected",
      report.files, WithThousands(counts.rows), WithThousands(counts.forecasts),
      weather.history()->variables().size(), WithThousands(weather.history()->places().size()),
      WithThousands(counts.not_ahead), WithThousands(counts.rejected));
  std::string reasons;
  for (std::size_t i = 0; i < ingest::kRejectReasonCount; ++i) {
    if (counts.rejected_by_reason[i] == 0) continue;
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ",
                           ingest::ReasonName(static_cast<ingest::RejectReason>(i)),
                           WithThousands(counts.rejected_by_reason[i]));
  }
  if (!reasons.empty()) text += fmt::format(" ({})", reasons);
  text += '\n';
  if (!report.unknown_columns.empty()) {
    text += fmt::format("weather: not declared in config/weather, so not read: {}\n",
                        fmt::join(report.unknown_columns, ", "));
  }
  return text;
}

}  // namespace

void AddWeatherOptions(CLI::App& verb, WeatherArguments& arguments) {
  verb.add_option("--weather", arguments.paths,
                  "Files or folders of weather forecasts as they were issued "
                  "(docs/formats/weather_csv.md)")
      ->check(CLI::ExistingPath);
  verb.add_option("--weather-table", arguments.table,
                  "Folder that declares the weather's variables, in place of the built-in one")
      ->check(CLI::ExistingDirectory);
  verb.add_option("--weather-rejects", arguments.rejects,
                  "Write the rows of weather that were not taken to this file, as CSV");
}

base::Result<std::unique_ptr<service::WeatherFiles>> OpenWeather(const WeatherArguments& arguments,
                                                                 std::ostream& notes) {
  if (arguments.paths.empty()) return std::unique_ptr<service::WeatherFiles>();
  GC_ASSIGN_OR_RETURN(ingest::WeatherTable table, arguments.table.empty()
                                                      ? ingest::BuiltInWeatherTable()
                                                      : ingest::LoadWeatherTable(arguments.table));
  std::unique_ptr<RejectsFile> file;
  if (!arguments.rejects.empty()) {
    GC_ASSIGN_OR_RETURN(file, RejectsFile::Create(arguments.rejects));
  }
  Rejects rejects(file.get(), notes);
  GC_ASSIGN_OR_RETURN(
      std::unique_ptr<service::WeatherFiles> weather,
      service::WeatherFiles::Open(arguments.paths, std::move(table),
                                  [&](std::string_view origin, const ingest::RejectedRow& row) {
                                    rejects.Take(origin, row);
                                  }));
  GC_RETURN_IF_ERROR(rejects.Close());
  notes << Describe(*weather);
  return weather;
}

}  // namespace geoclimate::app
