#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace geoclimate::cache {

// How a value lies in a tier that processes share: docs/formats/redis_values.md.
enum class TierValueKind : std::uint8_t {
  kBytes = 1,
  kAbsent = 2,  // it is known that there is none; without bytes
};

struct TierValue {
  TierValueKind kind = TierValueKind::kBytes;
  std::string_view bytes;
};

// Why bytes are no value of a key.
enum class TierValueFault : std::uint8_t {
  kFormat,    // not ours, or of another version of the format
  kLength,    // cut short, or longer than it says
  kChecksum,  // damaged, or the value of another key
};

inline constexpr std::size_t kTierValueHead = 16;

std::string EncodeTierValue(std::string_view key, const TierValue& value);

// Never reads what does not pass all checks. The view is of `encoded`.
std::variant<TierValue, TierValueFault> DecodeTierValue(std::string_view key,
                                                        std::string_view encoded);

}  // namespace geoclimate::cache
