#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "geoclimate/base/result.h"

namespace geoclimate::formats {

// Appends fixed-width little-endian numbers and length-prefixed text to a string: the bytes of our
// own binary artifacts.
class BinaryWriter {
 public:
  explicit BinaryWriter(std::string& out) : out_(out) {}

  template <typename T>
    requires std::is_arithmetic_v<T>
  void Write(T value) {
    static_assert(std::endian::native == std::endian::little, "artifacts are little-endian");
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out_.append(bytes, sizeof(T));
  }
  // A 32-bit length, then the bytes. At most 4 GiB.
  void WriteText(std::string_view text) {
    Write(static_cast<std::uint32_t>(text.size()));
    out_.append(text);
  }

 private:
  std::string& out_;
};

// Reads what BinaryWriter wrote, from bytes that anybody may have made. The first failure sticks:
// every later read gives zeros, so checks may wait until Finish(), but for counts, which Count()
// bounds by the bytes that are left. Not thread-safe. The bytes must outlive it.
class BinaryReader {
 public:
  explicit BinaryReader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
    requires std::is_arithmetic_v<T>
  T Read() {
    T value{};
    if (!Need(sizeof(T))) return value;
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  // Valid as long as the bytes.
  std::string_view ReadText() {
    const auto size = Read<std::uint32_t>();
    if (!Need(size)) return {};
    const std::string_view text = bytes_.substr(at_, size);
    at_ += size;
    return text;
  }
  // A count of T, then that many things of at least `smallest` bytes each: more than can be left is
  // a failure and gives 0.
  template <std::unsigned_integral T>
  std::size_t ReadCount(std::size_t smallest) {
    const std::size_t count = Read<T>();
    if (count > (bytes_.size() - at_) / smallest) {
      Fail("a count larger than what follows");
      return 0;
    }
    return count;
  }

  // Makes the bytes invalid for a reason of the caller's own; keeps an earlier failure.
  void Fail(std::string_view what);
  bool failed() const { return failed_; }
  std::size_t position() const { return at_; }

  // Success when everything was read and nothing failed; kDataLoss with the byte offset otherwise.
  base::Result<void> Finish() const;

 private:
  bool Need(std::size_t size) {
    if (failed_) return false;
    if (size <= bytes_.size() - at_) return true;
    Fail("the end of the bytes");
    return false;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
  std::size_t failed_at_ = 0;
  std::string what_;
};

}  // namespace geoclimate::formats
