#pragma once

#include <sys/types.h>

#include <cstdint>

#include "geoclimate/base/result.h"

namespace geoclimate::load {

// What a process has used by now.
struct ProcessUsage {
  double cpu_seconds = 0;            // of all its threads, in the kernel too; in steps of 10 ms
  std::uint64_t resident_bytes = 0;  // now
};

// From /proc. kNotFound when there is no such process.
base::Result<ProcessUsage> ReadProcessUsage(pid_t process);

}  // namespace geoclimate::load
