#include "geoclimate/server/http/routes/tensor_values.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/json.h"

namespace geoclimate::server::http::routes {
namespace {

using formats::JsonCursor;
using inference::TensorType;

// IEEE 754 binary16.
double FromHalf(std::uint16_t bits) {
  constexpr int kMantissaBits = 10;
  constexpr unsigned kExponentMask = 31U;
  constexpr int kBias = 15;
  const unsigned mantissa = bits & 1023U;
  const unsigned exponent = (bits >> 10U) & kExponentMask;
  const double sign = (bits >> 15U) != 0 ? -1 : 1;
  if (exponent == kExponentMask) return std::numeric_limits<double>::quiet_NaN();
  if (exponent == 0) return sign * std::ldexp(mantissa, 1 - kBias - kMantissaBits);
  return sign * std::ldexp(1024U + mantissa, static_cast<int>(exponent) - kBias - kMantissaBits);
}

template <typename T>
T ElementAt(std::span<const std::byte> elements, std::size_t index) {
  T value;
  std::memcpy(&value, elements.data() + index * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
void AppendInteger(T value, std::string& out) {
  std::array<char, 24> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), end.ptr);
}

void AppendElement(TensorType type, std::span<const std::byte> elements, std::size_t i,
                   std::string& out) {
  switch (type) {
    case TensorType::kBool:
      out += ElementAt<std::uint8_t>(elements, i) != 0 ? "true" : "false";
      break;
    case TensorType::kUint8:
      AppendInteger(static_cast<unsigned>(ElementAt<std::uint8_t>(elements, i)), out);
      break;
    case TensorType::kUint16:
      AppendInteger(ElementAt<std::uint16_t>(elements, i), out);
      break;
    case TensorType::kUint32:
      AppendInteger(ElementAt<std::uint32_t>(elements, i), out);
      break;
    case TensorType::kUint64:
      AppendInteger(ElementAt<std::uint64_t>(elements, i), out);
      break;
    case TensorType::kInt8:
      AppendInteger(static_cast<int>(ElementAt<std::int8_t>(elements, i)), out);
      break;
    case TensorType::kInt16:
      AppendInteger(ElementAt<std::int16_t>(elements, i), out);
      break;
    case TensorType::kInt32:
      AppendInteger(ElementAt<std::int32_t>(elements, i), out);
      break;
    case TensorType::kInt64:
      AppendInteger(ElementAt<std::int64_t>(elements, i), out);
      break;
    case TensorType::kFp16:
      formats::JsonWriter(out).Double(FromHalf(ElementAt<std::uint16_t>(elements, i)));
      break;
    case TensorType::kBf16: {
      const std::uint32_t wide = ElementAt<std::uint16_t>(elements, i);
      formats::JsonWriter(out).Float(std::bit_cast<float>(wide << 16U));
      break;
    }
    case TensorType::kFp32:
      formats::JsonWriter(out).Float(ElementAt<float>(elements, i));
      break;
    case TensorType::kFp64:
      formats::JsonWriter(out).Double(ElementAt<double>(elements, i));
      break;
  }
}

}  // namespace

TensorValues::TensorValues(TensorType type, std::span<std::byte> elements)
    : type_(type), elements_(elements), count_(elements.size() / inference::ElementBytes(type)) {}

TensorValues::Progress TensorValues::Fail(std::string what) {
  error_ = std::move(what);
  return Progress::kDone;
}

TensorValues::Progress TensorValues::Read(JsonCursor& json, std::size_t most) {
  if (depth_ == 0) {
    if (type_ == TensorType::kFp16 || type_ == TensorType::kBf16) {
      return Fail("FP16 and BF16 have no form in JSON: give them as binary");
    }
    if (json.Peek() != JsonCursor::Kind::kArray) return Fail("data: expected an array");
    if (!json.EnterArray()) return Progress::kDone;
    depth_ = 1;
  }
  for (std::size_t taken = 0; taken < most; ++taken) {
    if (!json.NextElement()) {
      if (json.failed()) return Progress::kDone;
      if (--depth_ > 0) continue;
      if (filled_ == count_) return Progress::kDone;
      return Fail(fmt::format("data has {} elements, the shape says {}", filled_, count_));
    }
    if (json.Peek() == JsonCursor::Kind::kArray) {
      if (!json.EnterArray()) return Progress::kDone;
      ++depth_;
      continue;
    }
    if (filled_ == count_) {
      return Fail(fmt::format("data has more elements than the {} that the shape says", count_));
    }
    if (!ReadElement(json)) return Progress::kDone;
  }
  return Progress::kMore;
}

template <typename T>
void TensorValues::Put(T value) {
  std::memcpy(elements_.data() + filled_ * sizeof(T), &value, sizeof(T));
  ++filled_;
}

bool TensorValues::ReadElement(JsonCursor& json) {
  switch (type_) {
    case TensorType::kBool:
      return ReadBool(json);
    case TensorType::kUint8:
      return ReadInteger<std::uint8_t>(json);
    case TensorType::kUint16:
      return ReadInteger<std::uint16_t>(json);
    case TensorType::kUint32:
      return ReadInteger<std::uint32_t>(json);
    case TensorType::kUint64:
      return ReadInteger<std::uint64_t>(json);
    case TensorType::kInt8:
      return ReadInteger<std::int8_t>(json);
    case TensorType::kInt16:
      return ReadInteger<std::int16_t>(json);
    case TensorType::kInt32:
      return ReadInteger<std::int32_t>(json);
    case TensorType::kInt64:
      return ReadInteger<std::int64_t>(json);
    case TensorType::kFp32:
    case TensorType::kFp64:
      return ReadFloat(json);
    case TensorType::kFp16:
    case TensorType::kBf16:
      break;
  }
  return false;
}

bool TensorValues::ReadFloat(JsonCursor& json) {
  double value = std::numeric_limits<double>::quiet_NaN();
  switch (json.Peek()) {
    case JsonCursor::Kind::kNull:
      if (!json.ReadNull()) return false;
      break;
    case JsonCursor::Kind::kNumber:
      if (!json.ReadNumber(value)) return false;
      break;
    default:
      Fail(fmt::format("element {}: expected a number or null", filled_));
      return false;
  }
  constexpr double kMostFloat = std::numeric_limits<float>::max();
  if (type_ == TensorType::kFp64) {
    if (std::isinf(value)) {
      Fail(fmt::format("element {} is too large for FP64", filled_));
      return false;
    }
    Put(value);
    return true;
  }
  if (std::fabs(value) > kMostFloat) {
    Fail(fmt::format("element {} is too large for FP32", filled_));
    return false;
  }
  Put(static_cast<float>(value));
  return true;
}

bool TensorValues::ReadBool(JsonCursor& json) {
  const JsonCursor::Kind kind = json.Peek();
  if (kind != JsonCursor::Kind::kTrue && kind != JsonCursor::Kind::kFalse) {
    Fail(fmt::format("element {}: expected true or false", filled_));
    return false;
  }
  bool value = false;
  if (!json.ReadBool(value)) return false;
  Put(static_cast<std::uint8_t>(value));
  return true;
}

template <typename T>
bool TensorValues::ReadInteger(JsonCursor& json) {
  std::string_view text;
  if (json.Peek() == JsonCursor::Kind::kNumber) text = json.SkipRawValue();
  if (json.failed()) return false;
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    Fail(fmt::format("element {}: expected a whole number that fits {}", filled_,
                     inference::TensorTypeName(type_)));
    return false;
  }
  Put(value);
  return true;
}

void AppendTensorValues(TensorType type, std::span<const std::byte> elements, std::size_t first,
                        std::size_t count, std::string& out) {
  for (std::size_t i = first; i < first + count; ++i) {
    if (i > first) out += ',';
    AppendElement(type, elements, i, out);
  }
}

}  // namespace geoclimate::server::http::routes
