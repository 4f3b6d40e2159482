#pragma once

#include <filesystem>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::telemetry {

// Adds what a scrape reads from /proc: process_* as Prometheus' client guidelines name them,
// process_memory_limit_bytes (the control group's limit, else the machine's memory),
// system_cpu_usage_percent (since the scrape before), system_memory_usage_percent, and
// build_info{version, compiler}.
void AddProcessMetrics(MetricRegistry& registry, std::string_view version);

// Adds disk_size_bytes{folder} and disk_available_bytes{folder} (to this user) of the file system
// that `path` lies on; NaN when it cannot be asked. `folder` says what lies there: "data". A scrape
// waits for a file system that hangs.
void AddDiskMetrics(MetricRegistry& registry, std::string_view folder,
                    const std::filesystem::path& path);

}  // namespace geoclimate::telemetry
