#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/features/weather_history.h"
#include "geoclimate/ingest/file_finder.h"
#include "geoclimate/ingest/weather_reader.h"
#include "geoclimate/ingest/weather_table.h"

namespace geoclimate::service {

// What became of files of weather forecasts.
struct WeatherReport {
  std::size_t files = 0;
  ingest::WeatherCounts counts;
  std::set<std::string> unknown_columns;  // that passed unread
};

// Files of weather forecasts (docs/formats/weather_csv.md), whole in memory, read again when one of
// them has changed. Not thread-safe; the histories that it hands out are.
class WeatherFiles {
 public:
  // Is told each row that was not taken, with the path of its file.
  using OnReject = std::function<void(std::string_view file, const ingest::RejectedRow& row)>;

  // Reads them. Paths are files and folders, as `ingest` takes them; `on_reject` may be null and is
  // not kept. kNotFound for a path that is not there; kInvalidArgument or kDataLoss, naming the
  // file, for one that is no file of weather or is damaged.
  static base::Result<std::unique_ptr<WeatherFiles>> Open(std::vector<std::filesystem::path> paths,
                                                          ingest::WeatherTable table,
                                                          const OnReject& on_reject);

  // What was read last. The variables are those of which some file has a column.
  const std::shared_ptr<const features::WeatherHistory>& history() const { return history_; }
  const WeatherReport& report() const { return report_; }
  // Differs whenever history() does.
  std::uint64_t generation() const { return generation_; }

  // Reads again if a file has come, gone or changed. After an error, one of Open()'s, what was read
  // before stays, and the next call tries again.
  base::Result<void> Refresh();

 private:
  // A file as it was when it was read.
  struct Stamp {
    std::string origin;
    std::uint64_t bytes = 0;
    std::filesystem::file_time_type written;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  WeatherFiles(std::vector<std::filesystem::path> paths, ingest::WeatherTable table)
      : paths_(std::move(paths)), table_(std::move(table)) {}

  base::Result<void> Read(const std::vector<ingest::DataFile>& files, const OnReject& on_reject);
  static std::vector<Stamp> StampsOf(const std::vector<ingest::DataFile>& files);

  const std::vector<std::filesystem::path> paths_;
  const ingest::WeatherTable table_;
  std::vector<Stamp> stamps_;
  std::shared_ptr<const features::WeatherHistory> history_;
  WeatherReport report_;
  std::uint64_t generation_ = 0;
};

}  // namespace geoclimate::service
