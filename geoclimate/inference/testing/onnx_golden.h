#pragma once

// The ONNX models of tests/golden/models/onnx, and what ONNX Runtime's Python package answered.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/formats/json.h"
#include "geoclimate/inference/tensor.h"
#include "geoclimate/inference/testing/golden_models.h"

namespace geoclimate::inference {

struct OnnxGoldenRun {
  std::vector<std::string> input_names;
  std::vector<Tensor> inputs;
  std::vector<std::string> output_names;
  std::vector<Tensor> outputs;
};

inline std::filesystem::path OnnxFolder(const std::filesystem::path& source_dir) {
  return source_dir / "tests/golden/models/onnx";
}

inline std::string ReadOnnxFile(const std::filesystem::path& source_dir, const std::string& name) {
  std::string bytes = ReadAll(OnnxFolder(source_dir) / (name + ".onnx"));
  EXPECT_FALSE(bytes.empty()) << name;
  return bytes;
}

inline TensorView ViewOf(const Tensor& tensor) {
  return {.type = tensor.type, .shape = tensor.shape, .bytes = tensor.bytes};
}

inline std::vector<TensorView> ViewsOf(const std::vector<Tensor>& tensors) {
  std::vector<TensorView> views;
  views.reserve(tensors.size());
  for (const Tensor& tensor : tensors) views.push_back(ViewOf(tensor));
  return views;
}

template <typename Number>
void AppendElement(std::vector<std::byte>& bytes, Number value) {
  const std::size_t at = bytes.size();
  bytes.resize(at + sizeof value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

// A null is NaN; FP16 is written as its bits.
inline void AppendJsonElement(TensorType type, const formats::Json& element,
                              std::vector<std::byte>& bytes) {
  const double number =
      element.is_null() ? std::numeric_limits<double>::quiet_NaN() : element.AsDouble();
  switch (type) {
    case TensorType::kFp32:
      return AppendElement(bytes, static_cast<float>(number));
    case TensorType::kFp64:
      return AppendElement(bytes, number);
    case TensorType::kFp16:
      return AppendElement(bytes, static_cast<std::uint16_t>(number));
    case TensorType::kInt64:
      return AppendElement(bytes, static_cast<std::int64_t>(number));
    case TensorType::kInt32:
      return AppendElement(bytes, static_cast<std::int32_t>(number));
    case TensorType::kBool:
      return AppendElement(bytes, static_cast<std::uint8_t>(number));
    default:
      FAIL() << TensorTypeName(type) << " is in no golden file";
  }
}

inline void ReadGoldenTensors(const formats::Json& run, std::string_view member,
                              std::vector<std::string>& names, std::vector<Tensor>& tensors) {
  for (const formats::Json& one : *run.Find(member)->AsArray()) {
    names.push_back(*one.Find("name")->AsString());
    Tensor& tensor = tensors.emplace_back();
    tensor.type = ParseTensorType(*one.Find("type")->AsString()).value();
    for (const formats::Json& size : *one.Find("shape")->AsArray()) {
      tensor.shape.push_back(*size.AsInteger());
    }
    for (const formats::Json& element : *one.Find("data")->AsArray()) {
      AppendJsonElement(tensor.type, element, tensor.bytes);
    }
  }
}

inline std::vector<OnnxGoldenRun> ReadOnnxRuns(const std::filesystem::path& source_dir,
                                               const std::string& name) {
  const auto document = formats::ParseJson(ReadAll(OnnxFolder(source_dir) / (name + ".json")));
  EXPECT_TRUE(document.ok()) << name;
  std::vector<OnnxGoldenRun> runs;
  for (const formats::Json& run : *document->Find("runs")->AsArray()) {
    OnnxGoldenRun& golden = runs.emplace_back();
    ReadGoldenTensors(run, "inputs", golden.input_names, golden.inputs);
    ReadGoldenTensors(run, "outputs", golden.output_names, golden.outputs);
  }
  EXPECT_FALSE(runs.empty()) << name;
  return runs;
}

// The elements of a tensor as doubles, whatever its type.
inline std::vector<double> NumbersOf(const Tensor& tensor) {
  std::vector<double> numbers;
  const std::size_t width = ElementBytes(tensor.type);
  const auto read = [&]<typename Number>(std::size_t at, Number value) {
    std::memcpy(&value, tensor.bytes.data() + at, sizeof value);
    return static_cast<double>(value);
  };
  for (std::size_t at = 0; at < tensor.bytes.size(); at += width) {
    switch (tensor.type) {
      case TensorType::kFp32:
        numbers.push_back(read(at, float{}));
        break;
      case TensorType::kFp64:
        numbers.push_back(read(at, double{}));
        break;
      case TensorType::kInt64:
        numbers.push_back(read(at, std::int64_t{}));
        break;
      case TensorType::kInt32:
        numbers.push_back(read(at, std::int32_t{}));
        break;
      case TensorType::kBool:
        numbers.push_back(read(at, std::uint8_t{}));
        break;
      default:
        ADD_FAILURE() << TensorTypeName(tensor.type) << " is in no golden answer";
    }
  }
  return numbers;
}

// Relative to the larger one or to 1; 0 for two NaN.
inline double DistanceOf(double a, double b) {
  if (std::isnan(a) && std::isnan(b)) return 0;
  if (a == b) return 0;
  return std::abs(a - b) / std::max({std::abs(a), std::abs(b), 1.0});
}

}  // namespace geoclimate::inference
