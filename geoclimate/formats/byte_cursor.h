#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace geoclimate::formats {

// Fixed-width numbers, little-endian, and strings behind their length: the bytes of the project's
// own binary formats.
static_assert(std::endian::native == std::endian::little,
              "numbers are copied as the machine holds them");

// Appends to a string.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  // An integer, a float or a double as it is.
  template <typename T>
    requires std::integral<T> || std::floating_point<T>
  void Number(T value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out_.append(bytes, sizeof(T));
  }
  // Its length as 32 bits, then its bytes.
  void String(std::string_view text) {
    Number(static_cast<std::uint32_t>(text.size()));
    out_.append(text);
  }

 private:
  std::string& out_;
};

// Reads what ByteWriter wrote. Reading past the end gives zeros and empty strings and makes
// failed() true for good, so one check after a group of reads is enough. Safe on hostile input:
// check a count with Fits() before making room for it. The bytes must outlive it. Not thread-safe.
class ByteCursor {
 public:
  explicit ByteCursor(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
    requires std::integral<T> || std::floating_point<T>
  T Number() {
    T value{};
    if (left() < sizeof(T)) {
      Fail();
      return value;
    }
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  // A view into the bytes.
  std::string_view String() { return Bytes(Number<std::uint32_t>()); }
  std::string_view Bytes(std::size_t count) {
    if (left() < count) {
      Fail();
      return {};
    }
    const std::string_view view = bytes_.substr(at_, count);
    at_ += count;
    return view;
  }

  // Whether `count` elements of at least `element_bytes` each can still follow; failed() when not.
  bool Fits(std::uint64_t count, std::size_t element_bytes) {
    if (count > left() / element_bytes) Fail();
    return !failed_;
  }

  std::size_t offset() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }
  bool failed() const { return failed_; }

 private:
  void Fail() {
    failed_ = true;
    at_ = bytes_.size();
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace geoclimate::formats
