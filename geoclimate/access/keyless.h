#pragma once

#include <cstdint>

namespace geoclimate::access {

// Whether a caller may come without showing anything.
enum class Keyless : std::uint8_t {
  kOnLoopback,  // callers of this machine read and predict
  kNever,
};

}  // namespace geoclimate::access
