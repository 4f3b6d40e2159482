#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace geoclimate::base {

// The path of this process' control group, "/a/b", as a text such as /proc/self/cgroup has it: the
// line of version 2 ("0::/a/b") for an empty controller, else the line of version 1 that lists the
// controller ("4:cpu,cpuacct:/a/b"). "/" when there is no such line.
std::string ControlGroupIn(std::string_view cgroup_text, std::string_view controller);

// What `read` finds for a folder of a control group; nothing where there is no limit.
using ReadControlGroup = std::function<std::optional<double>(const std::filesystem::path& folder)>;

// The smallest limit of this process' group and of those above it, since all of them bind; infinite
// when there is none. `root` is where the hierarchy is mounted: /sys/fs/cgroup for version 2 (with
// an empty controller), /sys/fs/cgroup/memory and the like for version 1. In a container the
// group's own path is not visible and its files lie at the root, which is read too.
double SmallestControlGroupLimit(const std::filesystem::path& root, std::string_view controller,
                                 const ReadControlGroup& read);

// Bytes of memory that this process may hold before it is killed: the smallest memory.max (version
// 2) or memory.limit_in_bytes (version 1), or the machine's memory when that is less.
double MemoryLimitBytes();

}  // namespace geoclimate::base
