#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::formats {

// A SHA-256 (FIPS 180-4): what content-addressed artifacts are named by. A value.
struct Sha256Digest {
  std::array<std::uint8_t, 32> bytes{};

  // 64 lower-case hexadecimal digits.
  std::string Hex() const;
  // kInvalidArgument for anything but 64 hexadecimal digits.
  static base::Result<Sha256Digest> ParseHex(std::string_view text);

  friend bool operator==(const Sha256Digest&, const Sha256Digest&) = default;
  friend auto operator<=>(const Sha256Digest&, const Sha256Digest&) = default;
};

Sha256Digest Sha256(std::string_view bytes);

// The same over bytes that come in pieces. Not thread-safe.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;

  void Update(std::string_view bytes);
  // Once; the stream is spent afterwards.
  Sha256Digest Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// XXH3 of the xxHash library, 64 bits: quick and well mixed, for tables and checksums against
// accidents. An attacker can make collisions.
std::uint64_t Xxh3(std::string_view bytes);

// XXH3 with 128 bits, for keys of caches that compare the full key too.
struct Xxh3Digest128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const Xxh3Digest128&, const Xxh3Digest128&) = default;
};
Xxh3Digest128 Xxh3Of128(std::string_view bytes, std::uint64_t seed);

}  // namespace geoclimate::formats
