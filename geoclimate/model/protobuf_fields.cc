#include "geoclimate/model/protobuf_fields.h"

#include <cstring>

#include <fmt/format.h>

namespace geoclimate::model {
namespace {

// Wire types; 3 and 4, groups, are deprecated and no message here has them.
constexpr std::uint64_t kVarint = 0;
constexpr std::uint64_t kFixed64 = 1;
constexpr std::uint64_t kLengthDelimited = 2;
constexpr std::uint64_t kFixed32 = 5;

}  // namespace

std::optional<std::uint64_t> ProtobufFields::Varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at_ == message_.size()) return std::nullopt;
    const auto byte = static_cast<unsigned char>(message_[at_++]);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ProtobufFields::Fixed(std::size_t bytes) {
  if (message_.size() - at_ < bytes) return std::nullopt;
  std::uint64_t value = 0;
  std::memcpy(&value, message_.data() + at_, bytes);
  at_ += bytes;
  return value;
}

base::Error ProtobufFields::Broken(std::size_t at) const {
  return base::InvalidArgument(
      fmt::format("byte {} of a message of {} begins no field", at, message_.size()));
}

base::Result<std::optional<ProtobufField>> ProtobufFields::Next() {
  if (at_ == message_.size()) return std::optional<ProtobufField>();
  const std::size_t start = at_;
  const std::optional<std::uint64_t> tag = Varint();
  if (!tag.has_value() || *tag >> 3 == 0) return Broken(start);
  ProtobufField field{.number = *tag >> 3, .value = 0, .bytes = {}};
  std::optional<std::uint64_t> value;
  switch (*tag & 7) {
    case kVarint:
      value = Varint();
      break;
    case kFixed64:
      value = Fixed(8);
      break;
    case kFixed32:
      value = Fixed(4);
      break;
    case kLengthDelimited: {
      const std::optional<std::uint64_t> length = Varint();
      if (!length.has_value() || *length > message_.size() - at_) return Broken(start);
      field.kind = ProtobufField::Kind::kBytes;
      field.bytes = message_.substr(at_, *length);
      at_ += *length;
      value = 0;
      break;
    }
    default:
      break;
  }
  if (!value.has_value()) return Broken(start);
  field.value = *value;
  return std::optional(field);
}

}  // namespace geoclimate::model
