#include "geoclimate/base/control_group.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

namespace geoclimate::base {
namespace {

// "max" and what is no number are no limit.
std::optional<double> ReadBytes(const std::filesystem::path& path) {
  std::ifstream file(path);
  double bytes = 0;
  if (!(file >> bytes) || bytes <= 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string ControlGroupIn(std::string_view cgroup_text, std::string_view controller) {
  while (!cgroup_text.empty()) {
    const std::string_view line = cgroup_text.substr(0, cgroup_text.find('\n'));
    cgroup_text.remove_prefix(std::min(cgroup_text.size(), line.size() + 1));
    const std::size_t first = line.find(':');
    if (first == std::string_view::npos) continue;
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    std::string_view controllers = line.substr(first + 1, second - first - 1);
    bool found = controllers.empty() && controller.empty();
    while (!controllers.empty() && !found) {
      const std::string_view one = controllers.substr(0, controllers.find(','));
      controllers.remove_prefix(std::min(controllers.size(), one.size() + 1));
      found = one == controller;
    }
    if (found) return std::string(line.substr(second + 1));
  }
  return "/";
}

double SmallestControlGroupLimit(const std::filesystem::path& root, std::string_view controller,
                                 const ReadControlGroup& read) {
  std::ifstream file("/proc/self/cgroup");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::filesystem::path group = ControlGroupIn(text, controller);
  double smallest = HUGE_VAL;
  for (;; group = group.parent_path()) {
    if (const std::optional<double> limit = read(root / group.relative_path())) {
      smallest = std::min(smallest, *limit);
    }
    if (group == group.parent_path()) return smallest;
  }
}

double MemoryLimitBytes() {
  const double machine =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  const double second = SmallestControlGroupLimit(
      "/sys/fs/cgroup", "",
      [](const std::filesystem::path& folder) { return ReadBytes(folder / "memory.max"); });
  const double first = SmallestControlGroupLimit(
      "/sys/fs/cgroup/memory", "memory", [](const std::filesystem::path& folder) {
        return ReadBytes(folder / "memory.limit_in_bytes");
      });
  return std::min({machine, second, first});
}

}  // namespace geoclimate::base
