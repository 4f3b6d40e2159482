#include "geoclimate/server/http/cpu_quota.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include "geoclimate/base/control_group.h"

namespace geoclimate::server::http {
namespace {

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

std::optional<double> ParseCpuMax(std::string_view text) {
  double quota = 0;
  double period = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [quota_end, quota_error] = std::from_chars(begin, end, quota);
  if (quota_error != std::errc() || quota_end == end || *quota_end != ' ') return std::nullopt;
  const auto [period_end, period_error] = std::from_chars(quota_end + 1, end, period);
  if (period_error != std::errc() || period <= 0 || quota <= 0) return std::nullopt;
  return quota / period;
}

int CpuQuota() {
  cpu_set_t set;
  CPU_ZERO(&set);
  double cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  cpus =
      std::min(cpus, base::SmallestControlGroupLimit("/sys/fs/cgroup", "", [](const auto& folder) {
                 return ParseCpuMax(ReadAll(folder / "cpu.max"));
               }));
  cpus = std::min(
      cpus, base::SmallestControlGroupLimit("/sys/fs/cgroup/cpu", "cpu", [](const auto& folder) {
        return ParseCpuMax(ReadAll(folder / "cpu.cfs_quota_us") + " " +
                           ReadAll(folder / "cpu.cfs_period_us"));
      }));
  return std::max(1, static_cast<int>(std::ceil(cpus)));
}

}  // namespace geoclimate::server::http
