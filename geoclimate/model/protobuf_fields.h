#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::model {

// One field of a protobuf message (protobuf.dev, "Encoding").
struct ProtobufField {
  std::uint64_t number = 0;
  // Of a varint or a fixed-width number; 0 for a field of bytes.
  std::uint64_t value = 0;
  // Of a message, a string or packed numbers; empty for a number. A view into the message.
  std::string_view bytes;
  enum class Kind : std::uint8_t { kNumber, kBytes } kind = Kind::kNumber;
};

// Walks the fields of a message in the order that they were written in, without a schema and
// without descending. Allocates nothing, but for errors. Safe on hostile input. The bytes must
// outlive it. Not thread-safe.
class ProtobufFields {
 public:
  explicit ProtobufFields(std::string_view message) : message_(message) {}

  // Nothing at the end. kInvalidArgument with the offset within the message for bytes that are no
  // field: a number that does not end, a length past the end, field number 0, a group.
  base::Result<std::optional<ProtobufField>> Next();

 private:
  std::optional<std::uint64_t> Varint();
  std::optional<std::uint64_t> Fixed(std::size_t bytes);
  base::Error Broken(std::size_t at) const;

  std::string_view message_;
  std::size_t at_ = 0;
};

}  // namespace geoclimate::model
