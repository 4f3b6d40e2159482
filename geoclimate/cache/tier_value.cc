#include "geoclimate/cache/tier_value.h"

#include "geoclimate/formats/binary.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::cache {
namespace {

constexpr std::uint16_t kMagic = 0x4347;  // "GC"
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kChecksumBytes = 8;

// Of all that follows it, and of the key: a value under another key does not pass.
std::uint64_t Checksum(std::string_view key, std::string_view rest) {
  return formats::Xxh3Of128(rest, formats::Xxh3(key)).low;
}

}  // namespace

std::string EncodeTierValue(std::string_view key, const TierValue& value) {
  std::string rest;
  rest.reserve(kTierValueHead - kChecksumBytes + value.bytes.size());
  formats::BinaryWriter body(rest);
  body.Write(kMagic);
  body.Write(kVersion);
  body.Write(static_cast<std::uint8_t>(value.kind));
  body.WriteText(value.bytes);
  std::string encoded;
  encoded.reserve(kChecksumBytes + rest.size());
  formats::BinaryWriter(encoded).Write(Checksum(key, rest));
  return encoded += rest;
}

std::variant<TierValue, TierValueFault> DecodeTierValue(std::string_view key,
                                                        std::string_view encoded) {
  if (encoded.size() < kTierValueHead) return TierValueFault::kLength;
  formats::BinaryReader reader(encoded);
  const auto checksum = reader.Read<std::uint64_t>();
  if (reader.Read<std::uint16_t>() != kMagic || reader.Read<std::uint8_t>() != kVersion) {
    return TierValueFault::kFormat;
  }
  TierValue value;
  value.kind = static_cast<TierValueKind>(reader.Read<std::uint8_t>());
  value.bytes = reader.ReadText();
  if (!reader.Finish().ok()) return TierValueFault::kLength;
  if (checksum != Checksum(key, encoded.substr(kChecksumBytes))) return TierValueFault::kChecksum;
  const bool known = value.kind == TierValueKind::kBytes ||
                     (value.kind == TierValueKind::kAbsent && value.bytes.empty());
  if (!known) return TierValueFault::kFormat;
  return value;
}

}  // namespace geoclimate::cache
