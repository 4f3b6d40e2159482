#include "geoclimate/base/day.h"

#include <fmt/format.h>

#include <array>
#include <string>

namespace geoclimate::base {
namespace {

// The digits of `text` as a number; -1 when one is not a digit.
int Digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

Result<LocalDay> ParseDay(std::string_view text) {
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    const int year = Digits(text.substr(0, 4));
    const int month = Digits(text.substr(5, 2));
    const int day = Digits(text.substr(8, 2));
    if (year >= 0 && month >= 0 && day >= 0) {
      const std::chrono::year_month_day date(std::chrono::year(year),
                                             std::chrono::month(static_cast<unsigned>(month)),
                                             std::chrono::day(static_cast<unsigned>(day)));
      if (date.ok()) return LocalDay(date);
      return InvalidArgument(fmt::format("there is no day '{}'", text));
    }
  }
  return InvalidArgument(fmt::format("'{}' is not a date of the form YYYY-MM-DD", text));
}

std::string FormatDay(LocalDay day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string FormatTimestamp(Timestamp time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
  const auto days = std::chrono::floor<std::chrono::days>(seconds);
  const auto rest = (seconds - days).count();
  return fmt::format("{}T{:02}:{:02}:{:02}Z", FormatDay(LocalDay(days)), rest / 3600,
                     rest / 60 % 60, rest % 60);
}

Result<Timestamp> ParseTimestamp(std::string_view text) {
  if (text.size() == 20 && text[10] == 'T' && text[13] == ':' && text[16] == ':' &&
      text[19] == 'Z') {
    const Result<LocalDay> day = ParseDay(text.substr(0, 10));
    const int hour = Digits(text.substr(11, 2));
    const int minute = Digits(text.substr(14, 2));
    const int second = Digits(text.substr(17, 2));
    if (day.ok() && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 &&
        second < 60) {
      return Timestamp(day->time_since_epoch() + std::chrono::hours(hour) +
                       std::chrono::minutes(minute) + std::chrono::seconds(second));
    }
  }
  return InvalidArgument(fmt::format("'{}' is not a time of the form YYYY-MM-DDThh:mm:ssZ", text));
}

}  // namespace geoclimate::base
