#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace geoclimate::inference {

// Integers that are ordered as the floats are, -inf to +inf, with one key for 0 and -0; NaN has
// none. They leave room for keys below and above all floats.
constexpr std::uint32_t FloatKey(float value) {
  constexpr std::uint32_t kSign = 0x8000'0000U;
  const auto bits = std::bit_cast<std::uint32_t>(value == 0 ? 0.0F : value);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

// A split compares the key of its feature with a key of its own: left when not above it.
inline constexpr std::uint32_t kMissingLeft = 0;             // below every split's key
inline constexpr std::uint32_t kMissingRight = 0xFFFF'FFFE;  // above every split's key
inline constexpr std::uint32_t kAboveAll =
    0xFFFF'FFFF;  // above whatever a leaf holds in place of a key

// Whether a value of 0 counts as missing (LightGBM's zero_as_missing) to a split, or to any split
// of an ensemble.
enum class Zeros : std::uint8_t { kAreValues, kAreMissing };

// What a walk through trees reads instead of a row: its keys, in several copies that differ in what
// stands for a missing value. A split says by the copy that it reads where missing values go, and
// the walk needs no test for them.
//
//   copy 0   NaN is kMissingRight
//   copy 1   NaN is kMissingLeft
//   copy 2   NaN and 0 are kMissingRight (only where a split has zeros missing)
//   copy 3   NaN and 0 are kMissingLeft (likewise)
//   and one kAboveAll: what a leaf reads
class RowKeys {
 public:
  RowKeys(std::size_t features, Zeros zeros) : features_(features), zeros_(zeros) {}

  // Keys of a row.
  std::size_t width() const { return features_ * (zeros_ == Zeros::kAreValues ? 2 : 4) + 1; }
  // What a leaf reads.
  std::size_t leaf_column() const { return width() - 1; }
  // What a split on `feature` reads.
  std::size_t Column(std::size_t feature, bool default_left, Zeros zeros) const {
    const std::size_t copy = (zeros == Zeros::kAreMissing ? 2U : 0U) + (default_left ? 1U : 0U);
    return copy * features_ + feature;
  }

  // `row` has `features` values, `keys` width().
  void Fill(std::span<const float> row, std::span<std::uint32_t> keys) const;

 private:
  std::size_t features_;
  Zeros zeros_;
};

}  // namespace geoclimate::inference
