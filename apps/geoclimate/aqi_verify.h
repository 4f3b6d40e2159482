#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "geoclimate/airquality/aqi.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/result.h"
#include "geoclimate/formats/byte_source.h"
#include "geoclimate/ingest/source_description.h"

namespace geoclimate::app {

// A row whose AQI is not the one of its concentration.
struct AqiMismatch {
  std::uint64_t line = 0;
  airquality::Concentration value;
  std::int32_t file_aqi = 0;
  std::int32_t our_aqi = -1;  // -1 where the table defines none
};

// How well a table reproduces the AQI column of a file's rows of one pollutant.
struct AqiColumn {
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  const airquality::BreakpointTable* table = nullptr;
  std::uint64_t rows = 0;     // with an AQI, those of excluded events left out
  std::uint64_t matches = 0;  // of them
  // Rows of events that EPA excluded. They repeat the AQI of the row that includes the event,
  // although their concentration is lower, so their AQI is not that of their concentration.
  std::uint64_t excluded_events = 0;
  std::vector<AqiMismatch> first_mismatches;  // ten at most
};

// Reads a file's rows and finds, for each pollutant that they have, the table that reproduces the
// most of its AQI values, the newest of equals. EPA recomputes the column of all years when a table
// comes into force, so a file has one table whatever its dates. Errors are ObservationReader's.
base::Result<std::vector<AqiColumn>> VerifyAqiColumn(
    formats::ByteSource& bytes, std::span<const ingest::SourceDescription> sources);

struct FileAqi {
  std::string origin;
  std::vector<AqiColumn> columns;
  std::string refused;  // why the file could not be read; else empty
};

enum class AqiVerifyOutput { kText, kJson };

// Verifies every data file below `paths` (as FindDataFiles finds them), prints a line a file and
// pollutant, a line a mismatch, and a summary; returns the exit code: 0 when every AQI of every
// file that could be read is reproduced, and there is one.
int RunAqiVerify(const std::vector<std::string>& paths, AqiVerifyOutput output);

// The report in both forms; for tests.
std::string RenderAqiVerifyText(std::span<const FileAqi> files);
std::string RenderAqiVerifyJson(std::span<const FileAqi> files);

}  // namespace geoclimate::app
