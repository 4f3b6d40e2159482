#include "geoclimate/ingest/date_parser.h"

#include <array>
#include <chrono>

namespace geoclimate::ingest {
namespace {

// Within what a store takes, whatever the time zone.
constexpr std::uint32_t kFirstYear = 1901;
constexpr std::uint32_t kLastYear = 2149;

struct Digits {
  std::uint32_t value = 0;
  std::size_t count = 0;
};

// The digits at the front of `text`, up to four, which it loses.
Digits TakeDigits(std::string_view& text) {
  Digits digits;
  while (digits.count < 4 && digits.count < text.size()) {
    const char c = text[digits.count];
    if (c < '0' || c > '9') break;
    digits.value = digits.value * 10 + static_cast<std::uint32_t>(c - '0');
    ++digits.count;
  }
  text.remove_prefix(digits.count);
  return digits;
}

bool LooksLike(const std::array<Digits, 3>& numbers, const DateFormat& format) {
  for (std::size_t i = 0; i < 3; ++i) {
    const bool year = format.parts[i] == DateFormat::Part::kYear;
    const std::size_t count = numbers[i].count;
    if (year ? count != 4 : (count < 1 || count > 2)) return false;
  }
  return true;
}

}  // namespace

DateReading ReadDate(std::string_view text, std::span<const DateFormat> formats) {
  std::array<Digits, 3> numbers;
  numbers[0] = TakeDigits(text);
  const char separator = text.empty() ? '\0' : text.front();
  for (std::size_t i = 1; i < 3; ++i) {
    if (text.empty() || text.front() != separator) return {};
    text.remove_prefix(1);
    numbers[i] = TakeDigits(text);
  }
  if (!text.empty()) return {};
  for (const DateFormat& format : formats) {
    if (format.separator != separator || !LooksLike(numbers, format)) continue;
    std::array<std::uint32_t, 3> parts{};
    for (std::size_t i = 0; i < 3; ++i) {
      parts[static_cast<std::size_t>(format.parts[i])] = numbers[i].value;
    }
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(parts[0])),
                                           std::chrono::month(parts[1]),
                                           std::chrono::day(parts[2])};
    if (!date.ok() || parts[0] < kFirstYear || parts[0] > kLastYear) {
      return {DateStatus::kNoSuchDay, {}};
    }
    return {DateStatus::kDay, base::LocalDay(date)};
  }
  return {};
}

}  // namespace geoclimate::ingest
