#include "geoclimate/airquality/concentration.h"

#include <fmt/format.h>

#include <charconv>

namespace geoclimate::airquality {
namespace {

constexpr std::int64_t kMaxMicro = 9'000'000'000'000'000'000;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

base::Result<Concentration> Concentration::Parse(std::string_view text) {
  const std::string_view trimmed = Trim(text);
  // Plain decimals, nearly all of the input, are read digit by digit and stay exact.
  std::size_t i = 0;
  const bool negative = !trimmed.empty() && trimmed[0] == '-';
  if (negative || (!trimmed.empty() && trimmed[0] == '+')) ++i;
  std::int64_t micro = 0;
  int digits = 0;
  int decimals = -1;
  bool round_up = false;
  bool plain = true;
  for (; i < trimmed.size(); ++i) {
    const char c = trimmed[i];
    if (c == '.' && decimals < 0) {
      decimals = 0;
    } else if (c >= '0' && c <= '9') {
      ++digits;
      if (decimals >= 6) {
        if (decimals == 6) round_up = c >= '5';
        ++decimals;
        continue;
      }
      if (micro > kMaxMicro / 100) {
        plain = false;
        break;
      }
      micro = micro * 10 + (c - '0');
      if (decimals >= 0) ++decimals;
    } else {
      plain = false;
      break;
    }
  }
  if (plain && digits > 0) {
    for (int d = decimals < 0 ? 0 : decimals; d < 6; ++d) {
      if (micro > kMaxMicro / 10) {
        return base::OutOfRange(fmt::format("concentration '{}' is out of range", text));
      }
      micro *= 10;
    }
    if (round_up) ++micro;
    return FromMicro(negative ? -micro : micro);
  }

  double value = 0;
  const std::string_view unsigned_text =
      trimmed.starts_with('+') && !trimmed.starts_with("+-") ? trimmed.substr(1) : trimmed;
  const auto [end, error] =
      std::from_chars(unsigned_text.data(), unsigned_text.data() + unsigned_text.size(), value);
  if (error == std::errc::invalid_argument || end != unsigned_text.data() + unsigned_text.size() ||
      !(std::isfinite(value))) {
    return base::InvalidArgument(fmt::format("'{}' is not a number", text));
  }
  if (error != std::errc() || std::abs(value) >= 9e12) {
    return base::OutOfRange(fmt::format("concentration '{}' is out of range", text));
  }
  return FromDouble(value);
}

std::string Concentration::ToString() const {
  const std::uint64_t magnitude =
      micro_ < 0 ? 0 - static_cast<std::uint64_t>(micro_) : static_cast<std::uint64_t>(micro_);
  std::string text = fmt::format("{}{}.{:06}", micro_ < 0 ? "-" : "", magnitude / 1'000'000,
                                 magnitude % 1'000'000);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace geoclimate::airquality
