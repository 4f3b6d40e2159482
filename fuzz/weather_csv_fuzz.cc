// Files of weather forecasts: gzip, CSV, times, places, values, and the history that is made of
// them. The first byte of the input is how the rest is cut into reads and batches.
//
// Besides not crashing: how it is cut does not matter, every row is counted once, and everything
// that is taken was issued before its day began, at a place and with values that can be. Of a gzip
// that is damaged, how much can be read before the damage shows depends on the cut: it is read to
// see that it does no harm, and not compared.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/features/weather_history.h"
#include "geoclimate/formats/compression.h"
#include "geoclimate/ingest/weather_reader.h"

namespace {

using namespace geoclimate;

class CutSource final : public formats::ByteSource {
 public:
  CutSource(std::string_view bytes, std::size_t piece) : rest_(bytes), piece_(piece) {}
  base::Result<std::size_t> Read(std::span<char> into) override {
    const std::size_t count = std::min({piece_, into.size(), rest_.size()});
    std::copy_n(rest_.begin(), count, into.data());
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
  std::size_t piece_;
};

void CheckForecast(const airquality::WeatherForecast& forecast) {
  if (const auto* const point = std::get_if<airquality::Coordinates>(&forecast.place)) {
    GC_CHECK(std::abs(point->latitude) <= 90 && std::abs(point->longitude) <= 180, "on the globe");
  }
  // Wherever it is, its day begins within 14 hours of that of UTC.
  GC_CHECK(forecast.issued_at < base::DayStart(forecast.valid_day, -std::chrono::hours(14)),
           "a forecast is issued before its day");
  GC_CHECK(!forecast.valid_time ||
               (forecast.valid_time->count() >= 0 && *forecast.valid_time < std::chrono::hours(24)),
           "a moment of the day");
}

// What was read, as text that is equal when all of it is; nothing of a damaged gzip.
std::optional<std::string> ReadWeather(std::string_view bytes, std::size_t piece) {
  static const ingest::WeatherTable table = *ingest::BuiltInWeatherTable();
  const auto source = formats::InflateIfGzip(std::make_unique<CutSource>(bytes, piece), "input",
                                             {.max_inflated_bytes = 4 << 20});
  if (!source.ok()) return std::nullopt;
  ingest::WeatherReaderOptions options;
  options.csv = {.delimiter = ',', .max_record_bytes = 512, .max_fields = 60};
  options.batch_rows = piece;
  const auto reader = ingest::WeatherReader::Open(**source, table, options);
  if (!reader.ok()) {
    if (reader.error().code() != base::ErrorCode::kInvalidArgument) return std::nullopt;
    return "refused";
  }
  std::vector<airquality::WeatherVariable> variables;
  for (const std::size_t i : (*reader)->variables()) variables.push_back(table.variables[i]);
  features::WeatherHistory::Builder builder(variables);
  std::string all;
  while (true) {
    const base::Result<std::optional<ingest::WeatherBatch>> batch = (*reader)->Next();
    if (!batch.ok()) return std::nullopt;
    if (!batch->has_value()) break;
    for (std::size_t i = 0; i < (*batch)->forecasts.size(); ++i) {
      CheckForecast((*batch)->forecasts[i]);
      const auto values =
          std::span((*batch)->values).subspan(i * variables.size(), variables.size());
      for (std::size_t v = 0; v < values.size(); ++v) {
        GC_CHECK(std::isnan(values[v]) ||
                     (values[v] >= variables[v].min && values[v] <= variables[v].max),
                 "a value that can be");
      }
      builder.Add((*batch)->forecasts[i], values);
    }
    for (const ingest::RejectedRow& row : (*batch)->rejected) {
      all += std::to_string(row.line) + ":" + std::to_string(row.column) + row.detail + "\n";
    }
  }
  const ingest::WeatherCounts& counts = (*reader)->counts();
  GC_CHECK(counts.rows == counts.forecasts + counts.not_ahead + counts.rejected,
           "a row is counted once");
  GC_CHECK(counts.rejected == std::accumulate(counts.rejected_by_reason.begin(),
                                              counts.rejected_by_reason.end(), std::uint64_t{0}),
           "a rejected row has one reason");
  const features::WeatherHistory history = std::move(builder).Finish();
  for (std::size_t place = 0; place < history.places().size(); ++place) {
    const auto issues = history.IssuesOf(place);
    GC_CHECK(!issues.empty(), "a place has forecasts");
    for (const features::WeatherHistory::Issue& issue : issues) {
      all += std::to_string(issue.issued_s) + " " + std::to_string(issue.valid_day) + "\n";
    }
    const std::span<const float> values = history.ValuesOf(place);
    all.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::optional<std::string> in_pieces = ReadWeather(bytes, piece);
  const std::optional<std::string> at_once = ReadWeather(bytes, size);
  GC_CHECK(!in_pieces || !at_once || *in_pieces == *at_once,
           "how the input is cut does not matter");
  return 0;
}
