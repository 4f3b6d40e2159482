#include "geoclimate/service/weather_files.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "geoclimate/formats/compression.h"

namespace geoclimate::service {
namespace {

using ingest::WeatherReader;

// One file while it is read.
struct OpenFile {
  std::unique_ptr<formats::ByteSource> bytes;
  std::unique_ptr<WeatherReader> reader;
};

base::Result<OpenFile> OpenOne(const ingest::DataFile& file, const ingest::WeatherTable& table) {
  OpenFile open;
  GC_ASSIGN_OR_RETURN(open.bytes, formats::OpenPlainOrGzip(file.path));
  auto reader = WeatherReader::Open(*open.bytes, table);
  if (!reader.ok()) return reader.error().WithContext(file.origin);
  open.reader = *std::move(reader);
  return open;
}

// Puts a file's values, which are of some variables, where a history of more has them.
class Widener {
 public:
  Widener(std::span<const std::size_t> of_file, std::span<const std::size_t> of_history)
      : row_(of_history.size(), std::numeric_limits<float>::quiet_NaN()) {
    for (const std::size_t variable : of_file) {
      const auto at = std::ranges::lower_bound(of_history, variable);
      positions_.push_back(static_cast<std::size_t>(at - of_history.begin()));
    }
  }
  std::span<const float> Widen(std::span<const float> values) {
    for (std::size_t i = 0; i < positions_.size(); ++i) row_[positions_[i]] = values[i];
    return row_;
  }

 private:
  std::vector<std::size_t> positions_;
  std::vector<float> row_;
};

base::Result<void> AddFile(const ingest::DataFile& file, const ingest::WeatherTable& table,
                           std::span<const std::size_t> variables,
                           const WeatherFiles::OnReject& on_reject, WeatherReport& report,
                           features::WeatherHistory::Builder& builder) {
  GC_ASSIGN_OR_RETURN(const OpenFile open, OpenOne(file, table));
  WeatherReader& reader = *open.reader;
  const std::size_t width = reader.variables().size();
  Widener widener(reader.variables(), variables);
  while (true) {
    const base::Result<std::optional<ingest::WeatherBatch>> next = reader.Next();
    if (!next.ok()) return next.error().WithContext(file.origin);
    if (!next->has_value()) break;
    const ingest::WeatherBatch& batch = **next;
    for (std::size_t i = 0; i < batch.forecasts.size(); ++i) {
      builder.Add(batch.forecasts[i],
                  widener.Widen(std::span(batch.values).subspan(i * width, width)));
    }
    for (const ingest::RejectedRow& row : batch.rejected) {
      if (on_reject) on_reject(file.origin, row);
    }
  }
  report.counts.Add(reader.counts());
  report.unknown_columns.insert(reader.unknown_columns().begin(), reader.unknown_columns().end());
  return {};
}

}  // namespace

base::Result<std::unique_ptr<WeatherFiles>> WeatherFiles::Open(
    std::vector<std::filesystem::path> paths, ingest::WeatherTable table,
    const OnReject& on_reject) {
  std::unique_ptr<WeatherFiles> weather(new WeatherFiles(std::move(paths), std::move(table)));
  GC_ASSIGN_OR_RETURN(const std::vector<ingest::DataFile> files,
                      ingest::FindDataFiles(weather->paths_));
  GC_RETURN_IF_ERROR(weather->Read(files, on_reject));
  return weather;
}

base::Result<void> WeatherFiles::Refresh() {
  GC_ASSIGN_OR_RETURN(const std::vector<ingest::DataFile> files, ingest::FindDataFiles(paths_));
  if (StampsOf(files) == stamps_) return {};
  return Read(files, nullptr);
}

std::vector<WeatherFiles::Stamp> WeatherFiles::StampsOf(
    const std::vector<ingest::DataFile>& files) {
  std::vector<Stamp> stamps;
  for (const ingest::DataFile& file : files) {
    std::error_code ignored;
    stamps.push_back({.origin = file.origin,
                      .bytes = file.bytes,
                      .written = std::filesystem::last_write_time(file.path, ignored)});
  }
  return stamps;
}

base::Result<void> WeatherFiles::Read(const std::vector<ingest::DataFile>& files,
                                      const OnReject& on_reject) {
  // Before the files are opened, so that a change meanwhile is seen by the next look.
  std::vector<Stamp> stamps = StampsOf(files);
  std::set<std::size_t> present;
  for (const ingest::DataFile& file : files) {
    GC_ASSIGN_OR_RETURN(const OpenFile open, OpenOne(file, table_));
    present.insert(open.reader->variables().begin(), open.reader->variables().end());
  }
  const std::vector<std::size_t> variables(present.begin(), present.end());
  std::vector<airquality::WeatherVariable> described;
  for (const std::size_t variable : variables) described.push_back(table_.variables[variable]);
  features::WeatherHistory::Builder builder(std::move(described));
  WeatherReport report;
  report.files = files.size();
  for (const ingest::DataFile& file : files) {
    GC_RETURN_IF_ERROR(AddFile(file, table_, variables, on_reject, report, builder));
  }
  history_ = std::make_shared<const features::WeatherHistory>(std::move(builder).Finish());
  report_ = std::move(report);
  stamps_ = std::move(stamps);
  ++generation_;
  return {};
}

}  // namespace geoclimate::service
