#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "geoclimate/base/result.h"

namespace geoclimate::ingest {

struct DataFile {
  std::filesystem::path path;
  std::string origin;  // how observations name it: the path in its shortest form, "data/a.csv.gz"
  std::uint64_t bytes = 0;
};

// The files that paths given by a person stand for: a file is itself, whatever its name; a folder
// is every *.csv and *.csv.gz below it. Ordered by origin, each file once however often it is
// named. kNotFound for a path that does not exist and for a folder without such a file.
base::Result<std::vector<DataFile>> FindDataFiles(std::span<const std::filesystem::path> paths);

}  // namespace geoclimate::ingest
