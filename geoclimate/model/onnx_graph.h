#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"

namespace geoclimate::model {

// Element types of ONNX tensors that a model may take and give, numbered as ONNX does
// (onnx.proto, TensorProto.DataType).
enum class OnnxElement : std::uint8_t {
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
  kBfloat16 = 16,
};

// What a graph takes or gives.
struct OnnxValue {
  std::string name;
  OnnxElement element = OnnxElement::kFloat;
  bool has_shape = false;          // false: the file does not say of what rank it is
  std::vector<std::int64_t> dims;  // -1: any size, or one with a name
};

// An ONNX model as far as it can be understood without a runtime: what it takes and gives. The
// computation stays in `bytes`, which a runtime reads.
struct OnnxGraph {
  std::string bytes;
  std::vector<OnnxValue> inputs;  // without those that an initializer gives a value
  std::vector<OnnxValue> outputs;
  // Of a graph whose only input is a matrix of floats with a known number of columns, one a column:
  // the metadata property "feature_names" (a JSON array, or names with commas between), else "f0",
  // "f1", ... as XGBoost names columns without names. Empty for any other graph.
  std::vector<std::string> feature_names;
  bool is_classifier = false;  // it has a classifier of ai.onnx.ml, or an output "probabilities"

  // The columns of such a graph's input; 0 for any other graph.
  std::size_t row_width() const { return feature_names.size(); }

  // kInvalidArgument unless the other members are what ReadOnnx() makes of `bytes`.
  base::Result<void> Validate() const;
};

// Larger files are refused: protobuf itself ends at 2 GiB, and a runtime holds a model about twice
// while it loads.
inline constexpr std::size_t kMostOnnxBytes = std::size_t{1} << 30;

// Reads what a serialised onnx.ModelProto says of its inputs and outputs, and refuses what must not
// reach a runtime.
//   kInvalidArgument    bytes that are no ModelProto, with the offset; no graph, no opset; an input
//                       or output without a name or with another's; feature names that do not fit;
//                       more than kMostOnnxBytes
//   kUnimplemented      an input or output that is text, a sequence, a map, sparse, or of a type
//                       that is none of OnnxElement's, by name; graphs nested too deeply
//   kFailedPrecondition a tensor whose values lie in another file: a server would read files that
//                       the model's author chose
// Safe on hostile input: what is built is bounded by the number of bytes. Whether a runtime has the
// operators is not looked at.
base::Result<OnnxGraph> ReadOnnx(std::string_view bytes);

// Whether the bytes begin as a serialised onnx.ModelProto does: with its IR version. No other
// format of model begins so.
bool LooksLikeOnnx(std::string_view bytes);

}  // namespace geoclimate::model
