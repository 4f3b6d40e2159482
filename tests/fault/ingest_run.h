#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <vector>

namespace geoclimate::fault {

// `geoclimate ingest FILE...` as a process of its own, its output thrown away.
class IngestRun {
 public:
  static IngestRun Start(const std::filesystem::path& data_dir,
                         const std::vector<std::filesystem::path>& files);

  // Its exit status; nothing when a signal has ended it. Once.
  std::optional<int> Wait();
  // SIGKILL when `after` has passed, unless it has ended by then; whether it was killed. Once.
  bool KillAfter(std::chrono::microseconds after);

 private:
  explicit IngestRun(pid_t process) : process_(process) {}

  pid_t process_;
};

}  // namespace geoclimate::fault
