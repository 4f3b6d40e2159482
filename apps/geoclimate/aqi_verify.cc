#include "apps/geoclimate/aqi_verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>

#include "apps/geoclimate/progress.h"
#include "apps/geoclimate/verbs.h"
#include "geoclimate/formats/compression.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/ingest/file_finder.h"
#include "geoclimate/ingest/observation_reader.h"

namespace geoclimate::app {
namespace {

using airquality::BreakpointTable;
using airquality::Pollutant;

constexpr std::size_t kShownMismatches = 10;

// The rows of one pollutant against each of its tables.
class Candidates {
 public:
  explicit Candidates(Pollutant pollutant) {
    for (const BreakpointTable& table : airquality::BreakpointTables(pollutant)) {
      AqiColumn& column = columns_.emplace_back();
      column.pollutant = pollutant;
      column.table = &table;
    }
  }

  void Compare(const airquality::Observation& observation, std::int32_t file_aqi,
               std::uint64_t line) {
    for (AqiColumn& column : columns_) {
      if (observation.key.event == airquality::EventStatus::kExcluded) {
        ++column.excluded_events;
        continue;
      }
      ++column.rows;
      const std::optional<airquality::AqiValue> ours =
          airquality::AqiOfStatistic(*column.table, observation.key.statistic, observation.value);
      const std::int32_t our_aqi = ours ? ours->aqi : -1;
      if (our_aqi == file_aqi) {
        ++column.matches;
      } else if (column.first_mismatches.size() < kShownMismatches) {
        column.first_mismatches.push_back({line, observation.value, file_aqi, our_aqi});
      }
    }
  }

  const AqiColumn& Best() const {
    const AqiColumn* best = &columns_.front();
    for (const AqiColumn& column : columns_) {
      if (column.matches >= best->matches) best = &column;
    }
    return *best;
  }

 private:
  std::vector<AqiColumn> columns_;  // oldest table first
};

struct Sums {
  std::uint64_t files = 0;
  std::uint64_t refused = 0;
  std::uint64_t rows = 0;
  std::uint64_t matches = 0;
  std::uint64_t excluded_events = 0;
};

Sums SumUp(std::span<const FileAqi> files) {
  Sums sums;
  sums.files = files.size();
  for (const FileAqi& file : files) {
    if (!file.refused.empty()) ++sums.refused;
    for (const AqiColumn& column : file.columns) {
      sums.rows += column.rows;
      sums.matches += column.matches;
      sums.excluded_events += column.excluded_events;
    }
  }
  return sums;
}

FileAqi VerifyFile(const ingest::DataFile& file,
                   std::span<const ingest::SourceDescription> sources) {
  FileAqi verified;
  verified.origin = file.origin;
  const auto columns = [&file, sources]() -> base::Result<std::vector<AqiColumn>> {
    GC_ASSIGN_OR_RETURN(const auto bytes, formats::OpenPlainOrGzip(file.path));
    return VerifyAqiColumn(*bytes, sources);
  }();
  if (columns.ok()) {
    verified.columns = *columns;
  } else {
    verified.refused = columns.error().ToString();
  }
  return verified;
}

base::Result<std::vector<FileAqi>> VerifyAll(const std::vector<std::string>& paths) {
  GC_ASSIGN_OR_RETURN(const auto sources, ingest::BuiltInSources());
  GC_ASSIGN_OR_RETURN(const auto files, ingest::FindDataFiles(std::vector<std::filesystem::path>(
                                            paths.begin(), paths.end())));
  std::vector<FileAqi> verified;
  for (const ingest::DataFile& file : files) verified.push_back(VerifyFile(file, sources));
  return verified;
}

void AppendColumn(std::string& text, const FileAqi& file, const AqiColumn& column) {
  const airquality::PollutantTraits& traits = airquality::Traits(column.pollutant);
  text +=
      fmt::format("{}: {} {}: {} of {} rows reproduced", file.origin, traits.name,
                  column.table->name, WithThousands(column.matches), WithThousands(column.rows));
  if (column.excluded_events > 0) {
    text += fmt::format(", {} of excluded events left out", column.excluded_events);
  }
  text += '\n';
  for (const AqiMismatch& row : column.first_mismatches) {
    text += fmt::format("{}:{}: the file's AQI is {}, {} {} gives {}\n", file.origin, row.line,
                        row.file_aqi, row.value.ToString(), traits.unit_name,
                        row.our_aqi < 0 ? "none" : std::to_string(row.our_aqi));
  }
}

}  // namespace

base::Result<std::vector<AqiColumn>> VerifyAqiColumn(
    formats::ByteSource& bytes, std::span<const ingest::SourceDescription> sources) {
  ingest::ReaderOptions options;
  options.file_aqi = ingest::FileAqi::kKeep;
  GC_ASSIGN_OR_RETURN(const auto reader, ingest::ObservationReader::Open(bytes, sources, options));
  std::map<Pollutant, Candidates> pollutants;
  while (true) {
    GC_ASSIGN_OR_RETURN(const std::optional<ingest::ObservationBatch> batch, reader->Next());
    if (!batch) break;
    for (std::size_t i = 0; i < batch->observations.size(); ++i) {
      if (batch->file_aqi[i] < 0) continue;
      const airquality::Observation& observation = batch->observations[i];
      const std::optional<Pollutant> pollutant = airquality::PollutantOf(observation.key.parameter);
      pollutants.try_emplace(*pollutant, *pollutant)
          .first->second.Compare(observation, batch->file_aqi[i], batch->lines[i]);
    }
  }
  std::vector<AqiColumn> columns;
  for (const auto& [pollutant, candidates] : pollutants) columns.push_back(candidates.Best());
  return columns;
}

std::string RenderAqiVerifyText(std::span<const FileAqi> files) {
  std::string text;
  for (const FileAqi& file : files) {
    for (const AqiColumn& column : file.columns) AppendColumn(text, file, column);
  }
  const Sums sums = SumUp(files);
  text += fmt::format("{} of {} AQI values in {} files reproduced", WithThousands(sums.matches),
                      WithThousands(sums.rows), sums.files - sums.refused);
  if (sums.excluded_events > 0) {
    text += fmt::format(
        "; {} rows of excluded events left out: they repeat the AQI of the row "
        "that includes the event",
        WithThousands(sums.excluded_events));
  }
  text += '\n';
  return text;
}

std::string RenderAqiVerifyJson(std::span<const FileAqi> files) {
  const Sums sums = SumUp(files);
  std::string text;
  formats::JsonWriter json(text);
  const auto count = [&json](std::string_view key, std::uint64_t value) {
    json.Key(key).Integer(static_cast<std::int64_t>(value));
  };
  json.BeginObject();
  count("files", sums.files);
  count("refused_files", sums.refused);
  count("rows", sums.rows);
  count("matches", sums.matches);
  count("mismatches", sums.rows - sums.matches);
  count("excluded_events", sums.excluded_events);
  json.Key("columns").BeginArray();
  for (const FileAqi& file : files) {
    for (const AqiColumn& column : file.columns) {
      json.BeginObject().Key("file").String(file.origin);
      json.Key("pollutant").String(airquality::Name(column.pollutant));
      json.Key("table").String(column.table->name);
      count("rows", column.rows);
      count("matches", column.matches);
      count("excluded_events", column.excluded_events);
      json.Key("first_mismatches").BeginArray();
      for (const AqiMismatch& row : column.first_mismatches) {
        json.BeginObject();
        count("line", row.line);
        json.Key("concentration").Double(row.value.value());
        json.Key("file_aqi").Integer(row.file_aqi);
        json.Key("aqi").Integer(row.our_aqi).EndObject();
      }
      json.EndArray().EndObject();
    }
  }
  json.EndArray().EndObject();
  text += '\n';
  return text;
}

int RunAqiVerify(const std::vector<std::string>& paths, AqiVerifyOutput output) {
  const base::Result<std::vector<FileAqi>> files = VerifyAll(paths);
  if (!files.ok()) {
    std::cerr << "geoclimate aqi: " << files.error().ToString() << '\n';
    return kExitFailure;
  }
  for (const FileAqi& file : *files) {
    if (file.refused.empty()) continue;
    std::cerr << "geoclimate aqi: not verified: " << file.origin << ": " << file.refused << '\n';
  }
  std::cout << (output == AqiVerifyOutput::kJson ? RenderAqiVerifyJson(*files)
                                                 : RenderAqiVerifyText(*files))
            << std::flush;
  const Sums sums = SumUp(*files);
  return sums.rows > 0 && sums.matches == sums.rows ? kExitOk : kExitFailure;
}

}  // namespace geoclimate::app
