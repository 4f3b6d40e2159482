#pragma once

#include <chrono>
#include <string>

#include "geoclimate/ingest/ingest_report.h"

namespace geoclimate::app {

// What an ingest ends with, for people: sums, reasons of rejected rows, refused files.
std::string RenderIngestText(const ingest::IngestReport& report,
                             std::chrono::duration<double> took);

// The same as one JSON object: {files, refused_files, rows_read, observations, observations_new,
// observations_replaced, observations_unchanged, rejected, rejects_by_reason{}, skipped{},
// skipped_lead, blank_rows, refused[{file, reason}], seconds, rows_per_second}. `files` counts all,
// the refused ones among them; rows are those of the others.
std::string RenderIngestJson(const ingest::IngestReport& report,
                             std::chrono::duration<double> took);

}  // namespace geoclimate::app
