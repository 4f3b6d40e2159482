#include "geoclimate/telemetry/process_metrics.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>

#include "geoclimate/base/control_group.h"

namespace geoclimate::telemetry {
namespace {

double PerSecond() {
  return static_cast<double>(sysconf(_SC_CLK_TCK));
}

// The fields of /proc/self/stat after the name, so that field 3 of proc(5) is index 0.
std::string StatField(int proc_field) {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return "0";
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= proc_field; ++i) fields >> field;
  return field;
}

double StatNumber(int proc_field) {
  return std::strtod(StatField(proc_field).c_str(), nullptr);
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double OpenDescriptors() {
  std::error_code failure;
  const std::filesystem::directory_iterator folder("/proc/self/fd", failure);
  if (failure) return std::numeric_limits<double>::quiet_NaN();
  // Without the one that reads the folder.
  return static_cast<double>(std::distance(begin(folder), end(folder)) - 1);
}

double MaxDescriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

double StartTime() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double boot = 0;
    if (word == "btime" && file >> boot) return boot + StatNumber(22) / PerSecond();
  }
  return 0;
}

double MemoryUsedPercent() {
  std::ifstream file("/proc/meminfo");
  double total = 0;
  double available = 0;
  std::string name;
  std::string rest;
  double kilobytes = 0;
  while (file >> name >> kilobytes && std::getline(file, rest)) {
    if (name == "MemTotal:") total = kilobytes;
    if (name == "MemAvailable:") available = kilobytes;
  }
  return total > 0 ? 100.0 * (total - available) / total : 0.0;
}

// Busy share of all CPUs between two looks at /proc/stat.
class CpuUse {
 public:
  CpuUse() { Percent(); }

  double Percent() {
    std::ifstream file("/proc/stat");
    std::string name;
    file >> name;
    double total = 0;
    double idle = 0;
    double ticks = 0;
    // user nice system idle iowait irq softirq steal; guest time is part of user.
    for (int i = 0; i < 8 && file >> ticks; ++i) {
      total += ticks;
      if (i == 3 || i == 4) idle += ticks;
    }
    const double passed = total - total_;
    const double idle_passed = idle - idle_;
    total_ = total;
    idle_ = idle;
    return passed > 0 ? 100.0 * (passed - idle_passed) / passed : 0.0;
  }

 private:
  double total_ = 0;
  double idle_ = 0;
};

std::string Compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

}  // namespace

void AddProcessMetrics(MetricRegistry& registry, std::string_view version) {
  using Kind = MetricRegistry::ReadKind;
  registry
      .AddGauge("build_info", "The program's version; the value is always 1",
                {{"version", version}, {"compiler", Compiler()}})
      .Set(1);
  registry.AddReader(Kind::kCounter, "process_cpu_seconds_total", "CPU time spent, user and system",
                     {}, CpuSeconds);
  registry.AddReader(Kind::kGauge, "process_resident_memory_bytes", "Memory held in RAM", {},
                     [] { return StatNumber(24) * static_cast<double>(sysconf(_SC_PAGESIZE)); });
  registry.AddReader(Kind::kGauge, "process_memory_limit_bytes",
                     "Memory that the process may hold: its control group's limit or the machine's",
                     {}, base::MemoryLimitBytes);
  registry.AddReader(Kind::kGauge, "process_virtual_memory_bytes", "Address space in use", {},
                     [] { return StatNumber(23); });
  registry.AddReader(Kind::kGauge, "process_threads", "Threads of the process", {},
                     [] { return StatNumber(20); });
  registry.AddReader(Kind::kGauge, "process_open_fds", "Open file descriptors", {},
                     OpenDescriptors);
  registry.AddReader(Kind::kGauge, "process_max_fds", "Limit of open file descriptors", {},
                     MaxDescriptors);
  registry.AddReader(Kind::kGauge, "process_start_time_seconds", "Start, seconds since 1970", {},
                     [start = StartTime()] { return start; });
  registry.AddReader(Kind::kGauge, "system_memory_usage_percent", "Memory in use by the machine",
                     {}, MemoryUsedPercent);
  // Scrapes hold the registry's lock while they read, so that this needs none.
  registry.AddReader(Kind::kGauge, "system_cpu_usage_percent",
                     "Busy share of the machine's CPUs since the scrape before", {},
                     [use = std::make_shared<CpuUse>()] { return use->Percent(); });
}

void AddDiskMetrics(MetricRegistry& registry, std::string_view folder,
                    const std::filesystem::path& path) {
  const auto add = [&](std::string_view name, std::string_view help,
                       std::uintmax_t std::filesystem::space_info::* what) {
    registry.AddReader(MetricRegistry::ReadKind::kGauge, name, help, {{"folder", folder}},
                       [path, what] {
                         std::error_code failure;
                         const auto space = std::filesystem::space(path, failure);
                         if (failure) return std::numeric_limits<double>::quiet_NaN();
                         return static_cast<double>(space.*what);
                       });
  };
  add("disk_size_bytes", "Size of the file system of a folder",
      &std::filesystem::space_info::capacity);
  add("disk_available_bytes", "Bytes that may still be written to the file system of a folder",
      &std::filesystem::space_info::available);
}

}  // namespace geoclimate::telemetry
