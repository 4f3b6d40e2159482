#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace geoclimate::inference {

// Memory that begins at a cache line, which is a vector register at its widest. T is an arithmetic
// type.
template <typename T>
class AlignedArray {
 public:
  // Grows to `size`; what is new is zero, and what was there may move.
  T* Reserve(std::size_t size) {
    const std::size_t lines = (size * sizeof(T) + sizeof(Line) - 1) / sizeof(Line);
    if (lines_.size() < lines) lines_.resize(lines);
    return data();
  }

  T* data() { return reinterpret_cast<T*>(lines_.data()); }
  const T* data() const { return reinterpret_cast<const T*>(lines_.data()); }
  std::size_t bytes() const { return lines_.size() * sizeof(Line); }

 private:
  struct alignas(64) Line {
    std::array<std::byte, 64> bytes;
  };
  std::vector<Line> lines_;
};

}  // namespace geoclimate::inference
