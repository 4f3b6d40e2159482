#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace geoclimate::inference {

// Element types of the Open Inference Protocol, version 2 ("Tensor Data Types"), but for BYTES: no
// model here takes or gives text.
enum class TensorType : std::uint8_t {
  kBool,  // one byte, 0 or 1
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kBf16,
  kFp32,
  kFp64,
};

std::size_t ElementBytes(TensorType type);
// The protocol's spelling, "FP32".
std::string_view TensorTypeName(TensorType type);
// Nothing for a name that is none of them.
std::optional<TensorType> ParseTensorType(std::string_view name);

// What a model takes or gives under a name.
struct TensorSpec {
  std::string name;
  TensorType type = TensorType::kFp32;
  std::vector<std::int64_t> shape;  // -1: any size, 0 included

  friend bool operator==(const TensorSpec&, const TensorSpec&) = default;
};

// A caller's tensor: row-major elements in the machine's byte order, without padding, of any
// alignment. The bytes are as many as the shape and the type say.
struct TensorView {
  TensorType type = TensorType::kFp32;
  std::span<const std::int64_t> shape;
  std::span<const std::byte> bytes;
};

// One that is owned; its memory is reused from one call to the next.
struct Tensor {
  TensorType type = TensorType::kFp32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
};

// Elements of a shape without -1; nothing when the product overflows or a size is negative.
std::optional<std::size_t> ElementCount(std::span<const std::int64_t> shape);

}  // namespace geoclimate::inference
