#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/weather.h"
#include "geoclimate/base/result.h"
#include "geoclimate/formats/byte_source.h"
#include "geoclimate/formats/csv.h"
#include "geoclimate/ingest/moment_parser.h"
#include "geoclimate/ingest/reject.h"
#include "geoclimate/ingest/weather_table.h"

namespace geoclimate::ingest {

struct WeatherReaderOptions {
  formats::CsvOptions csv{};
  // Rows a batch holds at most. Larger costs memory, smaller more hand-overs.
  std::size_t batch_rows = 4096;
};

// What some rows of a file gave, in the order of the file.
struct WeatherBatch {
  std::vector<airquality::WeatherForecast> forecasts;
  std::vector<float> values;  // WeatherReader::variables().size() a forecast, NaN where empty
  std::vector<RejectedRow> rejected;
};

// What is known of a file, or of several, once they were read.
struct WeatherCounts {
  std::uint64_t rows = 0;  // without header and blank rows: the sum of the next three
  std::uint64_t forecasts = 0;
  // Rows that were not issued before their valid day began, which say nothing of a day ahead:
  // analyses, and the first hours of a model's run.
  std::uint64_t not_ahead = 0;
  std::uint64_t rejected = 0;
  RejectCounts rejected_by_reason{};

  void Add(const WeatherCounts& other);
};

// Reads one file of weather forecasts (docs/formats/weather_csv.md) in one pass and in memory that
// does not grow with its rows. A row that is not right is in `rejected` and does not stop the
// file. An error refuses the file: the header's, or the source's, such as kDataLoss for a
// truncated gzip.
//
// Not thread-safe. `bytes` and `table` must outlive the reader.
class WeatherReader {
 public:
  // Reads the header. kInvalidArgument, saying what was expected and what was found, when it does
  // not tell place, issue time and valid time, has a column twice, or no variable of the table.
  static base::Result<std::unique_ptr<WeatherReader>> Open(formats::ByteSource& bytes,
                                                           const WeatherTable& table,
                                                           WeatherReaderOptions options = {});

  // The next rows; nothing at the end. After an error or the end, do not call again.
  base::Result<std::optional<WeatherBatch>> Next();

  // The variables that the file has: indexes into the table's, ascending.
  const std::vector<std::size_t>& variables() const { return variables_; }
  // Headers of columns that pass unread, as they are written.
  const std::vector<std::string>& unknown_columns() const { return unknown_columns_; }
  // Of what was read so far.
  const WeatherCounts& counts() const { return counts_; }

 private:
  enum class RowOutcome : std::uint8_t { kBlank, kForecast, kNotAhead, kRejected };

  WeatherReader(formats::ByteSource& bytes, const WeatherTable& table, WeatherReaderOptions options)
      : options_(options), csv_(bytes, options.csv), table_(table) {}

  base::Result<void> ReadHeader();
  base::Result<void> MatchHeader(std::span<const std::string_view> header);
  base::Result<void> CheckColumns(std::span<const std::string_view> header) const;
  void TakeRecord(WeatherBatch& batch);
  void Reject(WeatherBatch& batch, RejectedRow row);

  // Each reads fields of the record into forecast_ and row_values_, or says in why_ what is wrong.
  RowOutcome ParseRow();
  bool ParsePlace();
  bool ParsePoint();
  bool ParseIssued();
  bool ParseValid();
  bool ParseValues();
  bool ParseMoment(WeatherRole role, std::string_view what, MomentReading& reading);
  std::string_view Field(WeatherRole role) const;
  bool RejectField(std::int32_t field, RejectReason reason, std::string detail);

  const WeatherReaderOptions options_;
  formats::CsvReader csv_;
  const WeatherTable& table_;
  std::size_t field_count_ = 0;
  std::array<std::int32_t, kWeatherRoleCount> role_fields_{};  // -1 where the file has none
  std::vector<std::size_t> variables_;
  std::vector<std::size_t> variable_fields_;  // beside variables_
  std::vector<std::string> unknown_columns_;
  WeatherCounts counts_;
  bool ended_ = false;

  airquality::WeatherForecast forecast_;
  std::chrono::minutes utc_offset_{0};
  std::vector<float> row_values_;
  RejectedRow why_;
};

}  // namespace geoclimate::ingest
