#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace geoclimate::telemetry {

// The identity of a request across services: W3C Trace Context, level 1
// (www.w3.org/TR/trace-context-1).
struct TraceContext {
  std::uint64_t trace_id_high = 0;
  std::uint64_t trace_id_low = 0;
  std::uint64_t parent_id = 0;
  std::uint8_t flags = 0;

  bool sampled() const { return (flags & 1U) != 0; }
};

inline constexpr std::size_t kTraceparentLength = 55;

// "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01". Nothing for what the recommendation
// calls invalid: version ff, upper-case digits, ids of zeros, another length under version 00. A
// higher version is read as far as version 00 goes.
std::optional<TraceContext> ParseTraceparent(std::string_view text);
std::array<char, kTraceparentLength> FormatTraceparent(const TraceContext& context);

// Random identifiers, from one generator per thread seeded by the system. Not for secrets.
std::uint64_t RandomId();

}  // namespace geoclimate::telemetry
