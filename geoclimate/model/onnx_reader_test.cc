#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/model/model_file.h"
#include "geoclimate/model/onnx_graph.h"

namespace geoclimate::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Bytes(const std::string& name) {
  const std::filesystem::path path =
      std::filesystem::path(GEOCLIMATE_SOURCE_DIR) / "tests/golden/models/onnx" / (name + ".onnx");
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void ExpectRefused(const std::string& name, base::ErrorCode code, const std::string& reason) {
  const auto graph = ReadOnnx(Bytes(name));
  ASSERT_FALSE(graph.ok()) << name;
  EXPECT_EQ(graph.error().code(), code) << name;
  EXPECT_THAT(graph.error().message(), HasSubstr(reason)) << name;
}

TEST(OnnxReader, AGraphSaysWhatItTakesAndGives) {
  const auto graph = ReadOnnx(Bytes("mixed"));
  ASSERT_TRUE(graph.ok()) << graph.error().ToString();
  ASSERT_EQ(graph->inputs.size(), 5U);
  EXPECT_EQ(graph->inputs[2].name, "half");
  EXPECT_EQ(graph->inputs[2].element, OnnxElement::kFloat16);
  EXPECT_THAT(graph->inputs[2].dims, ElementsAre(-1, 1));
  ASSERT_EQ(graph->outputs.size(), 3U);
  EXPECT_EQ(graph->outputs[1].element, OnnxElement::kBool);
  EXPECT_EQ(graph->row_width(), 0U);
  EXPECT_TRUE(graph->Validate().ok());
}

TEST(OnnxReader, ColumnsAreNamedByTheFileOrAsXgboostWould) {
  const auto named = ReadOnnx(Bytes("mlp"));
  ASSERT_TRUE(named.ok()) << named.error().ToString();
  EXPECT_THAT(named->feature_names, ElementsAre("wind", "pm25_lag1", "\"ozone\"", "µ"));
  const auto counted = ReadOnnx(Bytes("xgb_squarederror"));
  ASSERT_TRUE(counted.ok()) << counted.error().ToString();
  EXPECT_THAT(counted->feature_names, ElementsAre("f0", "f1", "f2", "f3"));
  ExpectRefused("refused_feature_names", base::ErrorCode::kInvalidArgument,
                "'feature_names' has 2 names, the input has 4 columns");
}

TEST(OnnxReader, WhatIsNoTensorOfNumbersIsRefusedByName) {
  ExpectRefused("refused_text", base::ErrorCode::kUnimplemented, "the input 'words': it is text");
  ExpectRefused("refused_zipmap", base::ErrorCode::kUnimplemented,
                "the output 'output_probability': it is a sequence");
}

TEST(OnnxReader, ValuesInOtherFilesAreRefusedWhereverTheyHide) {
  ExpectRefused("refused_external", base::ErrorCode::kFailedPrecondition, "'secret'");
  ExpectRefused("refused_external_in_branch", base::ErrorCode::kFailedPrecondition, "'hidden'");
}

TEST(OnnxReader, AModelFileKnowsItsTask) {
  const auto classifier = ReadModelFile(Bytes("sklearn_classifier"));
  ASSERT_TRUE(classifier.ok()) << classifier.error().ToString();
  EXPECT_EQ(ModelFormatName(classifier->format), "onnx");
  EXPECT_EQ(classifier->TaskType(), "classification");
  EXPECT_EQ(classifier->Features().size(), 4U);
  const auto regression = ReadModelFile(Bytes("lgb_regression"));
  ASSERT_TRUE(regression.ok());
  EXPECT_EQ(regression->TaskType(), "regression");
  const auto tensors = ReadModelFile(Bytes("fixed"));
  ASSERT_TRUE(tensors.ok());
  EXPECT_TRUE(tensors->Features().empty());
}

TEST(OnnxReader, EveryTruncationIsAnErrorThatNamesTheFormat) {
  const std::string bytes = Bytes("mixed");
  ASSERT_FALSE(bytes.empty());
  std::size_t read = 0;
  for (std::size_t size = 2; size < bytes.size(); ++size) {
    const auto file = ReadModelFile(std::string_view(bytes).substr(0, size));
    if (file.ok()) {  // behind the last field that matters
      ++read;
      continue;
    }
    EXPECT_EQ(file.error().code(), base::ErrorCode::kInvalidArgument);
    EXPECT_THAT(file.error().message(), HasSubstr("onnx: "));
  }
  EXPECT_LE(read, 4U);
}

TEST(OnnxReader, MessagesThatNestWithoutEndAreRefused) {
  // A graph in an attribute of a node of a graph, and so on.
  std::string nested;
  for (int i = 0; i < 200; ++i) {
    for (const char tag : {'\x32', '\x2a', '\x0a'}) {
      std::string length;
      std::size_t left = nested.size();
      do {
        length += static_cast<char>((left & 0x7F) | (left > 0x7F ? 0x80 : 0));
        left >>= 7U;
      } while (left > 0);
      nested.insert(0, tag + length);
    }
  }
  std::string length;
  for (std::size_t left = nested.size(); left > 0; left >>= 7U) {
    length += static_cast<char>((left & 0x7F) | (left > 0x7F ? 0x80 : 0));
  }
  const auto graph = ReadOnnx("\x08\x08\x42\x02\x10\x11\x3a" + length + nested);
  ASSERT_FALSE(graph.ok());
  EXPECT_EQ(graph.error().code(), base::ErrorCode::kUnimplemented) << graph.error().ToString();
}

TEST(OnnxReader, AGraphThatIsNotItsBytesIsInvalid) {
  auto graph = ReadOnnx(Bytes("mlp"));
  ASSERT_TRUE(graph.ok());
  graph->inputs[0].dims[1] = 5;
  EXPECT_FALSE(graph->Validate().ok());
}

}  // namespace
}  // namespace geoclimate::model
