#include "geoclimate/ingest/ingest_report.h"

#include <algorithm>

namespace geoclimate::ingest {

void StoredCounts::Add(const StoredCounts& other) {
  observations_new += other.observations_new;
  observations_replaced += other.observations_replaced;
  observations_unchanged += other.observations_unchanged;
}

IngestReport Summarize(std::vector<FileReport> files) {
  IngestReport report;
  std::sort(files.begin(), files.end(),
            [](const FileReport& a, const FileReport& b) { return a.origin < b.origin; });
  for (const FileReport& file : files) {
    if (file.refused) {
      ++report.refused_files;
    } else {
      report.rows.Add(file.rows);
      report.stored.Add(file.stored);
    }
  }
  report.files = std::move(files);
  return report;
}

}  // namespace geoclimate::ingest
