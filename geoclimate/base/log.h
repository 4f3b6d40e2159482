#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace geoclimate::base {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError, kOff };
enum class LogFormat : std::uint8_t { kText, kJson };

struct LogField {
  std::string_view name;
  std::string value;
};

// One line to stderr: time (UTC), level, module, message, fields as name=value or as JSON. A line
// is one write(), so lines of threads and processes never mix. Nothing on the request path logs at
// kInfo or above in the steady state. Thread-safe.
void Log(LogLevel level, std::string_view module, std::string_view message,
         std::initializer_list<LogField> fields = {});

// Lines below `level` are dropped. Both may change at any time; defaults kInfo, kText.
void SetLogLevel(LogLevel level);
void SetLogFormat(LogFormat format);

}  // namespace geoclimate::base
