#include "geoclimate/access/key_lifetime.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "geoclimate/base/day.h"

namespace geoclimate::access {
namespace {

constexpr std::chrono::hours kLongest{24 * 36'525};

std::optional<std::chrono::minutes> UnitOf(char letter) {
  switch (letter) {
    case 'd':
      return std::chrono::hours(24);
    case 'h':
      return std::chrono::hours(1);
    case 'm':
      return std::chrono::minutes(1);
    default:
      return std::nullopt;
  }
}

// Nothing when `text` is no number with a unit.
std::optional<std::chrono::minutes> ParseSpan(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto unit = UnitOf(text.back());
  text.remove_suffix(1);
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (!unit || text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  if (count > kLongest / *unit) return kLongest + std::chrono::minutes(1);
  return *unit * count;
}

}  // namespace

base::Result<base::Timestamp> ParseEnd(std::string_view text, base::Timestamp now) {
  base::Timestamp end = now;
  if (const auto span = ParseSpan(text)) {
    end += *span;
  } else if (const auto time = base::ParseTimestamp(text); time.ok()) {
    end = *time;
  } else {
    return base::InvalidArgument(fmt::format(
        "'{}' is neither a span like 90d, 12h or 30m nor a time like 2027-01-01T00:00:00Z", text));
  }
  if (end >= now && end <= now + kLongest) return end;
  return base::InvalidArgument(
      fmt::format("'{}' is not between now and a hundred years from now", text));
}

}  // namespace geoclimate::access
