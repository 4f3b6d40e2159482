#pragma once

#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::telemetry {

// Adds what a scrape reads from /proc: process_* as Prometheus' client guidelines name them,
// system_cpu_usage_percent (since the scrape before), system_memory_usage_percent, and
// build_info{version, compiler}.
void AddProcessMetrics(MetricRegistry& registry, std::string_view version);

}  // namespace geoclimate::telemetry
