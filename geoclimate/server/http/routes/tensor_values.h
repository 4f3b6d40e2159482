#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "geoclimate/base/error.h"
#include "geoclimate/formats/json_cursor.h"
#include "geoclimate/inference/tensor.h"

namespace geoclimate::server::http::routes {

// The `data` of a tensor in JSON, nested as its shape or flat, read into elements a slice at a
// time. null is NaN in a tensor of floating point. The nesting is not held against the shape, only
// the number of elements is. FP16 and BF16 have no JSON form in the protocol.
//
// Allocates only for an error. Not thread-safe.
class TensorValues {
 public:
  // `elements`: as many bytes as all elements take, aligned as the type is; outlives the reading.
  TensorValues(inference::TensorType type, std::span<std::byte> elements);

  enum class Progress : std::uint8_t { kMore, kDone };
  // Takes `most` elements or brackets at the most. Done too when the JSON is broken, which the
  // cursor tells, and when the data are wrong: see error().
  Progress Read(formats::JsonCursor& json, std::size_t most);

  // What is wrong with the data, if anything is: "element 3: expected a number".
  const std::optional<std::string>& error() const { return error_; }

 private:
  Progress Fail(std::string what);
  bool ReadElement(formats::JsonCursor& json);
  bool ReadFloat(formats::JsonCursor& json);
  bool ReadBool(formats::JsonCursor& json);
  template <typename T>
  bool ReadInteger(formats::JsonCursor& json);
  template <typename T>
  void Put(T value);

  inference::TensorType type_;
  std::span<std::byte> elements_;
  std::size_t count_;
  std::size_t filled_ = 0;
  int depth_ = 0;
  std::optional<std::string> error_;
};

// Appends the elements `first` to `first + count` as JSON numbers with commas between them, no
// brackets. What is not finite is null.
void AppendTensorValues(inference::TensorType type, std::span<const std::byte> elements,
                        std::size_t first, std::size_t count, std::string& out);

}  // namespace geoclimate::server::http::routes
