#pragma once

#include <cstddef>
#include <string>

#include "geoclimate/load/load_run.h"

namespace geoclimate::app {

// The report for people: requests, latencies up to p99.99, throughput, CPU and memory. `rows` are
// those of one request.
std::string RenderBenchText(const load::LoadOptions& options, const load::LoadReport& report,
                            std::size_t rows);
// The same as one JSON object, with every bucket of the histogram.
std::string RenderBenchJson(const load::LoadOptions& options, const load::LoadReport& report,
                            std::size_t rows);
// The latencies by percentile as a picture of its own, both axes logarithmic.
std::string RenderBenchSvg(const load::LoadReport& report);

}  // namespace geoclimate::app
