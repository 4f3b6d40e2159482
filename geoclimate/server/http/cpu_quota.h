#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace geoclimate::server::http {

// How many CPUs this process may use at once, at least 1: those of its affinity mask, fewer where a
// control group (version 2, cpu.max; version 1, cpu.cfs_quota_us) gives it less time, rounded up.
int CpuQuota();

// The quota that a cpu.max file states ("150000 100000" is 1.5 CPUs); nothing for "max" or what is
// no such file.
std::optional<double> ParseCpuMax(std::string_view text);

}  // namespace geoclimate::server::http
