#include "geoclimate/ingest/date_parser.h"

#include <array>
#include <chrono>
#include <optional>

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

// The number of two digits; past 99 when one is none.
std::uint32_t TwoDigits(const char* text) {
  const std::uint32_t tens = static_cast<unsigned char>(text[0]) - std::uint32_t{'0'};
  const std::uint32_t ones = static_cast<unsigned char>(text[1]) - std::uint32_t{'0'};
  return tens > 9 || ones > 9 ? 1000 : tens * 10 + ones;
}

// Dates of ten characters as nearly all are, 01/31/2020 or 2020-01-31; nothing for any other text.
std::optional<std::array<Digits, 3>> TenCharacters(std::string_view text, char& separator) {
  if (text.size() != 10) return std::nullopt;
  const char* const t = text.data();
  const bool year_first = t[4] < '0' || t[4] > '9';
  separator = year_first ? t[4] : t[2];
  if (t[year_first ? 7 : 5] != separator) return std::nullopt;
  const std::size_t year_at = year_first ? 0 : 6;
  const std::uint32_t century = TwoDigits(t + year_at);
  const std::uint32_t rest = TwoDigits(t + year_at + 2);
  const std::uint32_t first = TwoDigits(t + (year_first ? 5 : 0));
  const std::uint32_t second = TwoDigits(t + (year_first ? 8 : 3));
  if (century > 99 || rest > 99 || first > 99 || second > 99) return std::nullopt;
  const Digits year{century * 100 + rest, 4};
  if (year_first) return std::array<Digits, 3>{year, Digits{first, 2}, Digits{second, 2}};
  return std::array<Digits, 3>{Digits{first, 2}, Digits{second, 2}, year};
}

}  // namespace

DateReading ReadDate(std::string_view text, std::span<const DateFormat> formats) {
  char separator = '\0';
  std::array<Digits, 3> numbers;
  if (const auto ten = TenCharacters(text, separator)) {
    numbers = *ten;
  } else {
    numbers[0] = TakeDigits(text);
    separator = text.empty() ? '\0' : text.front();
    for (std::size_t i = 1; i < 3; ++i) {
      if (text.empty() || text.front() != separator) return {};
      text.remove_prefix(1);
      numbers[i] = TakeDigits(text);
    }
    if (!text.empty()) return {};
  }
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
