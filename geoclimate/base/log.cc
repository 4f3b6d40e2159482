#include "geoclimate/base/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <iterator>

namespace geoclimate::base {
namespace {

std::atomic<LogLevel> minimum_level{LogLevel::kInfo};
std::atomic<LogFormat> line_format{LogFormat::kText};

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
    case LogLevel::kOff:
      return "error";
  }
  return "error";
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string FormatNow() {
  const auto now = std::chrono::system_clock::now();
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(millis / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     millis % 1000);
}

}  // namespace

void Log(LogLevel level, std::string_view module, std::string_view message,
         std::initializer_list<LogField> fields) {
  if (level < minimum_level.load(std::memory_order_relaxed)) return;
  std::string line;
  if (line_format.load(std::memory_order_relaxed) == LogFormat::kJson) {
    line = fmt::format(R"({{"time":"{}","level":"{}","module":"{}","message":)", FormatNow(),
                       LevelName(level), module);
    AppendQuoted(line, message);
    for (const LogField& field : fields) {
      line += ',';
      AppendQuoted(line, field.name);
      line += ':';
      AppendQuoted(line, field.value);
    }
    line += "}\n";
  } else {
    line = fmt::format("{} {:7} {}: {}", FormatNow(), LevelName(level), module, message);
    for (const LogField& field : fields) {
      line += fmt::format(" {}=", field.name);
      const bool quote = field.value.find_first_of(" \"\n\r\t") != std::string::npos;
      if (quote) {
        AppendQuoted(line, field.value);
      } else {
        line += field.value;
      }
    }
    line += '\n';
  }
  // A log that cannot be written has nobody left to tell.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

void SetLogLevel(LogLevel level) {
  minimum_level.store(level, std::memory_order_relaxed);
}
void SetLogFormat(LogFormat format) {
  line_format.store(format, std::memory_order_relaxed);
}

}  // namespace geoclimate::base
