#include "geoclimate/formats/json_cursor.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "geoclimate/formats/utf8.h"

namespace geoclimate::formats {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsSpace(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// 1: the character ends the quick scan of a string: a quote, a backslash, a control character, or
// not ASCII.
constexpr auto kStops = [] {
  std::array<unsigned char, 256> stops{};
  for (std::size_t c = 0; c < 256; ++c) stops[c] = c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
  return stops;
}();
bool Stops(char c) {
  return kStops[static_cast<unsigned char>(c)] != 0;
}

constexpr std::array<double, 23> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

void AppendUtf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      put(0xE0 | (code >> 12));
    } else {
      put(0xF0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3F));
    }
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

}  // namespace

void JsonCursor::SkipSpace() {
  while (at_ != end_ && IsSpace(*at_)) ++at_;
}

bool JsonCursor::FailAt(const char* where, std::string_view what) {
  if (failed()) return false;
  failed_at_ = where;
  failure_ = what;
  at_ = end_;
  return false;
}

bool JsonCursor::Fail(std::string_view what) {
  return FailAt(at_, what);
}

JsonCursor::Kind JsonCursor::Peek() {
  SkipSpace();
  if (failed() || at_ == end_) return Kind::kInvalid;
  switch (*at_) {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kArray;
    case '"':
      return Kind::kString;
    case 't':
      return Kind::kTrue;
    case 'f':
      return Kind::kFalse;
    case 'n':
      return Kind::kNull;
    default:
      return *at_ == '-' || IsDigit(*at_) ? Kind::kNumber : Kind::kInvalid;
  }
}

bool JsonCursor::Enter(char bracket, const char* what) {
  SkipSpace();
  if (failed()) return false;
  if (at_ == end_ || *at_ != bracket) return FailAt(at_, what);
  if (depth_ == kMaxDepth) return FailAt(at_, "nested too deeply");
  ++at_;
  ++depth_;
  first_ = true;
  return true;
}

bool JsonCursor::EnterObject() {
  return Enter('{', "expected an object");
}
bool JsonCursor::EnterArray() {
  return Enter('[', "expected an array");
}

bool JsonCursor::NextKey(std::string_view& key, std::string_view guess) {
  SkipSpace();
  if (failed()) return false;
  if (at_ == end_) return FailAt(at_, "the text ends within an object");
  if (*at_ == '}') {
    ++at_;
    --depth_;
    first_ = false;
    return false;
  }
  if (!first_) {
    if (*at_ != ',') return FailAt(at_, "expected ',' or '}'");
    ++at_;
    SkipSpace();
  }
  first_ = false;
  if (at_ == end_ || *at_ != '"') return FailAt(at_, "expected a name in quotes");
  const auto left = static_cast<std::size_t>(end_ - at_);
  if (!guess.empty() && left > guess.size() + 2 && at_[guess.size() + 1] == '"' &&
      std::memcmp(at_ + 1, guess.data(), guess.size()) == 0) {
    key = {at_ + 1, guess.size()};
    at_ += guess.size() + 2;
  } else if (!ScanString(key)) {
    return false;
  }
  SkipSpace();
  if (at_ == end_ || *at_ != ':') return FailAt(at_, "expected ':'");
  ++at_;
  return true;
}

bool JsonCursor::NextElement() {
  SkipSpace();
  if (failed()) return false;
  if (at_ == end_) return FailAt(at_, "the text ends within an array");
  if (*at_ == ']') {
    ++at_;
    --depth_;
    first_ = false;
    return false;
  }
  if (!first_) {
    if (*at_ != ',') return FailAt(at_, "expected ',' or ']'");
    ++at_;
    SkipSpace();
    if (at_ != end_ && *at_ == ']') return FailAt(at_, "expected a value");
  }
  first_ = false;
  return true;
}

bool JsonCursor::ReadString(std::string_view& value) {
  SkipSpace();
  if (failed()) return false;
  if (at_ == end_ || *at_ != '"') return FailAt(at_, "expected a string");
  return ScanString(value);
}

bool JsonCursor::ScanString(std::string_view& value) {
  const char* from = ++at_;
  bool ascii = true;
  for (; at_ != end_; ++at_) {
    if (!Stops(*at_)) continue;
    if (*at_ == '"') break;
    if (*at_ == '\\') return Unescape(from, value);
    if (static_cast<unsigned char>(*at_) < 0x20) {
      return FailAt(at_, "a control character in a string");
    }
    ascii = false;
  }
  if (at_ == end_) return FailAt(at_, "the text ends within a string");
  value = {from, static_cast<std::size_t>(at_ - from)};
  if (!ascii && !IsUtf8(value)) return FailAt(from, "a string is not UTF-8");
  ++at_;
  return true;
}

bool JsonCursor::Unescape(const char* from, std::string_view& value) {
  unescaped_.assign(from, at_);
  while (at_ != end_ && *at_ != '"') {
    if (static_cast<unsigned char>(*at_) < 0x20) {
      return FailAt(at_, "a control character in a string");
    }
    if (*at_ == '\\') {
      if (!ReadEscape(at_)) return false;
    } else {
      unescaped_.push_back(*at_++);
    }
  }
  if (at_ == end_) return FailAt(at_, "the text ends within a string");
  ++at_;
  if (!IsUtf8(unescaped_)) return FailAt(from, "a string is not UTF-8");
  value = unescaped_;
  return true;
}

bool JsonCursor::ReadHex4(const char*& at, unsigned& unit) {
  if (end_ - at < 4) return FailAt(at, "expected four hexadecimal digits");
  const auto [last, error] = std::from_chars(at, at + 4, unit, 16);
  if (error != std::errc() || last != at + 4) {
    return FailAt(at, "expected four hexadecimal digits");
  }
  at += 4;
  return true;
}

bool JsonCursor::ReadEscape(const char*& at) {
  const char* start = at++;
  if (at == end_) return FailAt(at, "the text ends within a string");
  switch (*at++) {
    case '"':
      unescaped_.push_back('"');
      return true;
    case '\\':
      unescaped_.push_back('\\');
      return true;
    case '/':
      unescaped_.push_back('/');
      return true;
    case 'b':
      unescaped_.push_back('\b');
      return true;
    case 'f':
      unescaped_.push_back('\f');
      return true;
    case 'n':
      unescaped_.push_back('\n');
      return true;
    case 'r':
      unescaped_.push_back('\r');
      return true;
    case 't':
      unescaped_.push_back('\t');
      return true;
    case 'u':
      break;
    default:
      return FailAt(start, "an unknown escape");
  }
  unsigned unit = 0;
  if (!ReadHex4(at, unit)) return false;
  if (unit >= 0xDC00 && unit <= 0xDFFF) return FailAt(start, "a lone surrogate");
  if (unit >= 0xD800 && unit <= 0xDBFF) {
    unsigned low = 0;
    if (end_ - at < 2 || at[0] != '\\' || at[1] != 'u') return FailAt(start, "a lone surrogate");
    at += 2;
    if (!ReadHex4(at, low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return FailAt(start, "a lone surrogate");
    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  }
  AppendUtf8(unescaped_, unit);
  return true;
}

bool JsonCursor::ReadNumber(double& value) {
  SkipSpace();
  if (failed()) return false;
  const char* from = at_;
  const char* at = at_;
  const bool negative = at != end_ && *at == '-';
  if (negative) ++at;
  if (at == end_ || !IsDigit(*at)) return FailAt(from, "expected a number");

  std::uint64_t digits = 0;
  const char* first_digit = at;
  if (*at == '0') {
    ++at;
    if (at != end_ && IsDigit(*at)) return FailAt(from, "a number with leading zeros");
  }
  for (; at != end_ && IsDigit(*at); ++at) digits = digits * 10 + static_cast<unsigned>(*at - '0');
  std::int64_t exponent = 0;
  auto digit_count = at - first_digit;
  if (at != end_ && *at == '.') {
    const char* first_decimal = ++at;
    for (; at != end_ && IsDigit(*at); ++at) {
      digits = digits * 10 + static_cast<unsigned>(*at - '0');
    }
    if (at == first_decimal) return FailAt(from, "a number without digits after its point");
    exponent = first_decimal - at;
    digit_count += at - first_decimal;
  }
  if (at != end_ && (*at == 'e' || *at == 'E')) {
    at_ = at;
    return SlowNumber(from, value);
  }
  at_ = at;
  // Exact when both are exactly representable (Clinger 1990).
  if (digit_count > 19 || digits > (std::uint64_t{1} << 53) || exponent < -22) {
    return SlowNumber(from, value);
  }
  const double magnitude =
      static_cast<double>(digits) / kPowersOfTen[static_cast<std::size_t>(-exponent)];
  value = negative ? -magnitude : magnitude;
  return true;
}

// The mantissa was checked; at_ is behind it, before an exponent if there is one.
bool JsonCursor::SlowNumber(const char* from, double& value) {
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    const char* first_digit = at_;
    while (at_ != end_ && IsDigit(*at_)) ++at_;
    if (at_ == first_digit) return FailAt(from, "a number without digits in its exponent");
  }
  const auto [last, error] = std::from_chars(from, at_, value);
  if (error == std::errc()) return true;
  // from_chars does not say in which direction the number is out of range.
  value = std::strtod(std::string(from, at_).c_str(), nullptr);
  return true;
}

bool JsonCursor::ReadWord(std::string_view word) {
  if (static_cast<std::size_t>(end_ - at_) < word.size() ||
      std::memcmp(at_, word.data(), word.size()) != 0) {
    return FailAt(at_, "expected a value");
  }
  at_ += word.size();
  return true;
}

bool JsonCursor::ReadBool(bool& value) {
  const Kind kind = Peek();
  if (kind != Kind::kTrue && kind != Kind::kFalse) return FailAt(at_, "expected true or false");
  value = kind == Kind::kTrue;
  return ReadWord(value ? "true" : "false");
}

bool JsonCursor::ReadNull() {
  return Peek() == Kind::kNull ? ReadWord("null") : FailAt(at_, "expected null");
}

bool JsonCursor::SkipValue() {
  std::string_view text;
  double number = 0;
  bool truth = false;
  switch (Peek()) {
    case Kind::kObject:
      for (EnterObject(); NextKey(text);) SkipValue();
      return !failed();
    case Kind::kArray:
      for (EnterArray(); NextElement();) SkipValue();
      return !failed();
    case Kind::kString:
      return ReadString(text);
    case Kind::kNumber:
      return ReadNumber(number);
    case Kind::kTrue:
    case Kind::kFalse:
      return ReadBool(truth);
    case Kind::kNull:
      return ReadNull();
    case Kind::kInvalid:
      break;
  }
  return FailAt(at_, "expected a value");
}

std::string_view JsonCursor::SkipRawValue() {
  SkipSpace();
  const char* from = at_;
  return SkipValue() ? std::string_view(from, static_cast<std::size_t>(at_ - from))
                     : std::string_view();
}

base::Result<void> JsonCursor::Finish() {
  SkipSpace();
  if (at_ != end_) FailAt(at_, "something follows the value");
  if (!failed()) return {};
  return base::InvalidArgument(
      fmt::format("not valid JSON at byte {}: {}", failed_at_ - begin_, failure_));
}

}  // namespace geoclimate::formats
