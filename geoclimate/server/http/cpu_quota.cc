#include "geoclimate/server/http/cpu_quota.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

namespace geoclimate::server::http {
namespace {

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The path of this process' group, "/a/b", from "0::/a/b" (version 2) or "4:cpu,cpuacct:/a/b"
// (version 1).
std::string OwnGroup(std::string_view controller) {
  std::istringstream lines(ReadAll("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (controller.empty() ? controllers.empty()
                           : controllers.find(controller) != std::string::npos) {
      return line.substr(second + 1);
    }
  }
  return "/";
}

// The smallest quota of a group and those above it: all of them bind. In a container the group's
// own path is not visible and its files lie at the root.
template <typename Read>
double SmallestQuota(const std::filesystem::path& root, std::filesystem::path group, Read read) {
  double smallest = HUGE_VAL;
  for (;; group = group.parent_path()) {
    const std::filesystem::path folder = root / group.relative_path();
    if (const std::optional<double> quota = read(folder)) smallest = std::min(smallest, *quota);
    if (group == group.parent_path()) return smallest;
  }
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
  cpus = std::min(cpus, SmallestQuota("/sys/fs/cgroup", OwnGroup(""), [](const auto& folder) {
                    return ParseCpuMax(ReadAll(folder / "cpu.max"));
                  }));
  cpus =
      std::min(cpus, SmallestQuota("/sys/fs/cgroup/cpu", OwnGroup("cpu"), [](const auto& folder) {
                 return ParseCpuMax(ReadAll(folder / "cpu.cfs_quota_us") + " " +
                                    ReadAll(folder / "cpu.cfs_period_us"));
               }));
  return std::max(1, static_cast<int>(std::ceil(cpus)));
}

}  // namespace geoclimate::server::http
