#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "geoclimate/base/error.h"
#include "geoclimate/ingest/observation_reader.h"

namespace geoclimate::ingest {

// What a sink did with a file's observations.
struct StoredCounts {
  std::uint64_t observations_new = 0;
  std::uint64_t observations_replaced = 0;  // another value for a known measurement
  std::uint64_t observations_unchanged = 0;

  void Add(const StoredCounts& other);
};

struct FileReport {
  std::string origin;
  RowCounts rows;
  // Zero for a refused file: nothing of it was kept.
  StoredCounts stored;
  // Why the file was refused.
  std::optional<base::Error> refused;
};

// What became of every file, ordered by origin, and the sums.
struct IngestReport {
  std::vector<FileReport> files;
  RowCounts rows;
  StoredCounts stored;
  std::uint64_t refused_files = 0;
};

// Puts the files in order and adds up those that were not refused.
IngestReport Summarize(std::vector<FileReport> files);

}  // namespace geoclimate::ingest
