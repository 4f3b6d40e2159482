#pragma once

namespace geoclimate::base {

// Prints where, what and why to stderr, and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition, const char* why);

}  // namespace geoclimate::base

// Ends the program when `condition` is false: a bug, never reachable from outside input. `why` says
// why it must hold. On in every build.
#define GC_CHECK(condition, why) \
  (static_cast<bool>(condition)  \
       ? static_cast<void>(0)    \
       : ::geoclimate::base::CheckFailed(__FILE__, __LINE__, #condition, why))
