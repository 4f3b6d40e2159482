#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace geoclimate::redis {

// One answer of a server, whatever it was; nothing in it is to be trusted. A value.
struct Reply {
  enum class Type : std::uint8_t { kNil, kString, kStatus, kError, kInteger, kArray };

  Type type = Type::kNil;
  std::int64_t integer = 0;
  std::string text;             // of kString, kStatus and kError
  std::vector<Reply> elements;  // of kArray

  bool is_nil() const { return type == Type::kNil; }
  bool is_string() const { return type == Type::kString; }
  bool is_error() const { return type == Type::kError; }
  // "+OK", of SET and others.
  bool IsStatus(std::string_view status) const { return type == Type::kStatus && text == status; }
  // The first word of an error: "OOM", "LOADING", "NOAUTH". Empty for anything else.
  std::string_view ErrorKind() const {
    return is_error() ? std::string_view(text).substr(0, text.find(' ')) : std::string_view();
  }
};

// What one answer may be at most; a server that sends more is not believed and cut off.
struct ReplyLimits {
  std::size_t bytes = std::size_t{4} << 20;  // on the wire
  std::size_t elements = 65'536;  // of all its arrays together, empty ones counted as one
};

}  // namespace geoclimate::redis
