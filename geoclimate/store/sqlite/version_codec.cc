#include "geoclimate/store/sqlite/version_codec.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace geoclimate::store::sqlite {
namespace {

constexpr std::int64_t kMicro = 1'000'000;
constexpr std::uint8_t kUsualCompleteness = 100;
// Eight numbers of at most 20 characters, with what stands between them.
constexpr std::size_t kLongestEntry = 200;
constexpr std::size_t kUsualEntry = 18;

char* WriteInteger(char* at, std::int64_t value) {
  return std::to_chars(at, at + 20, value).ptr;
}

// The shortest decimal: 12.5, -0.002118, 7.
char* WriteDecimal(char* at, std::int64_t micro) {
  if (micro < 0) *at++ = '-';
  const std::uint64_t magnitude = micro < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(micro)
                                            : static_cast<std::uint64_t>(micro);
  at = std::to_chars(at, at + 20, magnitude / kMicro).ptr;
  std::uint64_t fraction = magnitude % kMicro;
  if (fraction == 0) return at;
  *at++ = '.';
  for (std::uint64_t place = kMicro / 10; fraction != 0; place /= 10) {
    *at++ = static_cast<char>('0' + fraction / place);
    fraction %= place;
  }
  return at;
}

// The pair that most versions have, if one has more than half of them; else some pair
// (Boyer and Moore's vote).
EncodedVersions MostCommonPair(std::span<const Version> versions) {
  EncodedVersions pair;
  std::size_t votes = 0;
  for (const Version& version : versions) {
    if (votes == 0) {
      pair.origin = version.origin;
      pair.receipt = version.receipt;
    }
    const bool same = version.origin == pair.origin && version.receipt == pair.receipt;
    votes = same ? votes + 1 : votes - 1;
  }
  return pair;
}

char* WriteEntry(char* at, const Version& version, const EncodedVersions& usual) {
  *at++ = '[';
  at = WriteInteger(at, version.start);
  *at++ = ',';
  at = WriteDecimal(at, version.value);
  const bool receipt = version.receipt != usual.receipt;
  const bool origin = receipt || version.origin != usual.origin;
  const bool floor = origin || version.available_at_floor != kNoFloor;
  const bool monitor = floor || version.monitor != 0;
  const bool completeness = monitor || version.completeness != kUsualCompleteness;
  const bool source = completeness || version.source != 0;
  const auto write = [&](bool wanted, std::int64_t value) {
    if (!wanted) return;
    *at++ = ',';
    at = WriteInteger(at, value);
  };
  write(source, version.source);
  write(completeness, version.completeness);
  write(monitor, version.monitor);
  if (floor && version.available_at_floor == kNoFloor) {
    for (const char c : {',', 'n', 'u', 'l', 'l'}) *at++ = c;
  } else {
    write(floor, version.available_at_floor);
  }
  write(origin, version.origin);
  write(receipt, version.receipt);
  *at++ = ']';
  return at;
}

// Reads the text from its front; a false return leaves the place of the error.
class Scanner {
 public:
  explicit Scanner(std::string_view text)
      : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()) {}

  bool Take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool AtEnd() const { return at_ == end_; }
  std::ptrdiff_t place() const { return at_ - begin_; }

  template <typename T>
  bool TakeInteger(T& value, std::int64_t least, std::int64_t most) {
    std::int64_t number = 0;
    const auto [after, error] = std::from_chars(at_, end_, number);
    if (error != std::errc() || number < least || number > most) return false;
    at_ = after;
    value = static_cast<T>(number);
    return true;
  }
  bool TakeNull() {
    if (end_ - at_ < 4 || std::string_view(at_, 4) != "null") return false;
    at_ += 4;
    return true;
  }
  bool TakeDecimal(std::int64_t& micro) {
    const bool negative = Take('-');
    std::int64_t whole = 0;
    if (at_ == end_ || *at_ < '0' || !TakeInteger(whole, 0, kMostWhole)) return false;
    std::int64_t fraction = 0;
    if (Take('.')) {
      std::int64_t place = kMicro;
      while (place > 1 && at_ != end_ && *at_ >= '0' && *at_ <= '9') {
        place /= 10;
        fraction += (*at_++ - '0') * place;
      }
      if (place == kMicro) return false;
    }
    micro = whole * kMicro + fraction;
    if (negative) micro = -micro;
    return true;
  }

 private:
  static constexpr std::int64_t kMostWhole = std::numeric_limits<std::int64_t>::max() / kMicro - 1;

  const char* begin_;
  const char* at_;
  const char* end_;
};

using Limits32 = std::numeric_limits<std::int32_t>;
using Limits64 = std::numeric_limits<std::int64_t>;

bool TakeFloor(Scanner& scanner, std::int64_t& floor) {
  return scanner.TakeNull() || scanner.TakeInteger(floor, Limits64::min() + 1, Limits64::max());
}

bool TakeEntry(Scanner& scanner, Version& version) {
  if (!scanner.Take('[') || !scanner.TakeInteger(version.start, Limits32::min(), Limits32::max()) ||
      !scanner.Take(',') || !scanner.TakeDecimal(version.value)) {
    return false;
  }
  if (scanner.Take(',') && !scanner.TakeInteger(version.source, 0, 255)) return false;
  if (scanner.Take(',') && !scanner.TakeInteger(version.completeness, 0, 255)) return false;
  if (scanner.Take(',') && !scanner.TakeInteger(version.monitor, 0, 255)) return false;
  if (scanner.Take(',') && !TakeFloor(scanner, version.available_at_floor)) return false;
  if (scanner.Take(',') && !scanner.TakeInteger(version.origin, 1, Limits32::max())) return false;
  if (scanner.Take(',') && !scanner.TakeInteger(version.receipt, 1, Limits32::max())) return false;
  return scanner.Take(']');
}

}  // namespace

EncodedVersions EncodeVersions(std::span<const Version> versions) {
  EncodedVersions encoded = MostCommonPair(versions);
  encoded.json.reserve(versions.size() * kUsualEntry);
  char separator = '[';
  std::array<char, kLongestEntry> entry;
  for (const Version& version : versions) {
    entry[0] = separator;
    const char* end = WriteEntry(entry.data() + 1, version, encoded);
    encoded.json.append(entry.data(), static_cast<std::size_t>(end - entry.data()));
    separator = ',';
  }
  encoded.json += ']';
  return encoded;
}

base::Result<std::vector<Version>> DecodeVersions(std::string_view json, std::int32_t origin,
                                                  std::int32_t receipt) {
  std::vector<Version> versions;
  versions.reserve(json.size() / kUsualEntry + 1);
  Scanner scanner(json);
  char separator = '[';
  do {
    Version& version = versions.emplace_back();
    version.completeness = kUsualCompleteness;
    version.origin = origin;
    version.receipt = receipt;
    const bool good =
        scanner.Take(separator) && TakeEntry(scanner, version) &&
        (versions.size() == 1 || versions[versions.size() - 2].Identity() < version.Identity());
    if (!good) return base::DataLoss(fmt::format("wrong at character {}", scanner.place()));
    separator = ',';
  } while (!scanner.Take(']'));
  if (!scanner.AtEnd()) {
    return base::DataLoss(fmt::format("wrong at character {}", scanner.place()));
  }
  return versions;
}

}  // namespace geoclimate::store::sqlite
