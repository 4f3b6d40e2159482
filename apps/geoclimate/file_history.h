#pragma once

#include <filesystem>
#include <ostream>
#include <span>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/forecast/vintage_history.h"

namespace geoclimate::app {

struct FileHistoryOptions {
  std::vector<std::filesystem::path> paths;  // files and folders, as `ingest` takes them
  // A folder in which a database is made and removed again, about 150 bytes a row.
  std::filesystem::path scratch = std::filesystem::temp_directory_path();
  int threads = 1;
};

// Everything that files of measurements say, by the same rules as `ingest` and the database, for
// verbs that work on files without a data directory. Shows progress on stderr; files that are
// refused are told on `warnings` and left out.
//
// kNotFound for a path that does not exist, and when no file holds a daily value; the store's
// errors.
base::Result<features::SiteHistory> ReadFileHistory(const FileHistoryOptions& options,
                                                    std::ostream& warnings);
// The same with the days on which values became known.
base::Result<forecast::VintageHistory> ReadFileVintages(const FileHistoryOptions& options,
                                                        std::ostream& warnings);

}  // namespace geoclimate::app
