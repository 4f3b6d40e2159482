#include "geoclimate/telemetry/trace_context.h"

#include <random>

namespace geoclimate::telemetry {
namespace {

// Reads lower-case hexadecimal digits; false for any other character.
bool ReadHex(std::string_view digits, std::uint64_t& value) {
  value = 0;
  for (const char c : digits) {
    std::uint64_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint64_t>(c - 'a') + 10;
    } else {
      return false;
    }
    value = value << 4U | digit;
  }
  return true;
}

void WriteHex(char* out, std::uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = "0123456789abcdef"[value & 15U];
    value >>= 4U;
  }
}

}  // namespace

std::optional<TraceContext> ParseTraceparent(std::string_view text) {
  if (text.size() < kTraceparentLength) return std::nullopt;
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  TraceContext context;
  std::uint64_t version = 0;
  std::uint64_t flags = 0;
  if (!ReadHex(text.substr(0, 2), version) || !ReadHex(text.substr(3, 16), context.trace_id_high) ||
      !ReadHex(text.substr(19, 16), context.trace_id_low) ||
      !ReadHex(text.substr(36, 16), context.parent_id) || !ReadHex(text.substr(53, 2), flags)) {
    return std::nullopt;
  }
  if (version == 0xff) return std::nullopt;
  if (text.size() > kTraceparentLength && (version == 0 || text[kTraceparentLength] != '-')) {
    return std::nullopt;
  }
  if ((context.trace_id_high | context.trace_id_low) == 0 || context.parent_id == 0) {
    return std::nullopt;
  }
  context.flags = static_cast<std::uint8_t>(flags);
  return context;
}

std::array<char, kTraceparentLength> FormatTraceparent(const TraceContext& context) {
  std::array<char, kTraceparentLength> text;
  text.fill('-');
  WriteHex(text.data(), 0, 2);
  WriteHex(text.data() + 3, context.trace_id_high, 16);
  WriteHex(text.data() + 19, context.trace_id_low, 16);
  WriteHex(text.data() + 36, context.parent_id, 16);
  WriteHex(text.data() + 53, context.flags, 2);
  return text;
}

std::uint64_t RandomId() {
  // SplitMix64 (Steele, Lea, Flood 2014): one add and three mixes.
  static thread_local std::uint64_t state = [] {
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32U | device();
  }();
  state += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

}  // namespace geoclimate::telemetry
