// LoadedModel over ONNX graphs.
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/inference/testing/onnx_golden.h"

namespace geoclimate::inference {
namespace {

using ::testing::HasSubstr;

base::Result<std::shared_ptr<const LoadedModel>> Load(const std::string& name) {
  return LoadedModel::Parse({}, ReadOnnxFile(GEOCLIMATE_SOURCE_DIR, name));
}

TEST(LoadedOnnx, AGraphOfRowsIsServedLikeAnyOtherModel) {
  const auto loaded = Load("mlp");
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  const LoadedModel& model = **loaded;
  EXPECT_TRUE(model.takes_rows());
  EXPECT_EQ(model.description().model_type, "onnx");
  EXPECT_EQ(model.description().task_type, "regression");
  EXPECT_EQ(model.schema().Find("pm25_lag1"), 1);
  EXPECT_EQ(model.outputs(), 2U);
  EXPECT_EQ(model.forecaster(), nullptr);
  const OnnxGoldenRun run = ReadOnnxRuns(GEOCLIMATE_SOURCE_DIR, "mlp")[1];
  std::vector<float> row(4);
  std::memcpy(row.data(), run.inputs[0].bytes.data(), run.inputs[0].bytes.size());
  std::vector<float> answers(2);
  ASSERT_TRUE(model.Predict(row, 1, answers).ok());
  const std::vector<double> expected = NumbersOf(run.outputs[0]);
  EXPECT_NEAR(answers[0], expected[0], 1e-5);
  EXPECT_NEAR(answers[1], expected[1], 1e-5);
  std::vector<Tensor> outputs;
  ASSERT_TRUE(model.Infer(ViewsOf(run.inputs), outputs).ok());
  EXPECT_EQ(0, std::memcmp(outputs[0].bytes.data(), answers.data(), 2 * sizeof(float)));
}

TEST(LoadedOnnx, AGraphIsNotExplained) {
  const auto loaded = Load("mlp");
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  EXPECT_EQ((*loaded)->explained_outputs(), 0U);
  const auto explanation = (*loaded)->Explain(std::vector<float>(4), 0);
  ASSERT_FALSE(explanation.ok());
  EXPECT_EQ(explanation.error().code(), base::ErrorCode::kUnimplemented);
}

TEST(LoadedOnnx, AGraphOfOtherTensorsAnswersTensorsOnly) {
  const auto loaded = Load("mixed");
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  EXPECT_FALSE((*loaded)->takes_rows());
  EXPECT_EQ((*loaded)->outputs(), 0U);
  EXPECT_EQ((*loaded)->schema().size(), 0U);
  EXPECT_EQ((*loaded)->tensor_inputs().size(), 5U);
  const OnnxGoldenRun run = ReadOnnxRuns(GEOCLIMATE_SOURCE_DIR, "mixed")[0];
  std::vector<Tensor> outputs;
  ASSERT_TRUE((*loaded)->Infer(ViewsOf(run.inputs), outputs).ok());
  EXPECT_EQ(outputs[2].bytes, run.outputs[2].bytes);
}

TEST(LoadedOnnx, RowsThatDependOnEachOtherAreNoRows) {
  const auto loaded = Load("rows_depend");
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  EXPECT_FALSE((*loaded)->takes_rows());
  EXPECT_EQ((*loaded)->tensor_inputs().size(), 1U);
}

TEST(LoadedOnnx, WhatARuntimeMustNotSeeIsRefused) {
  for (const std::string name :
       {"refused_text", "refused_zipmap", "refused_external", "refused_external_in_branch",
        "refused_feature_names", "unknown_operator", "future_opset"}) {
    const auto loaded = Load(name);
    ASSERT_FALSE(loaded.ok()) << name;
    EXPECT_THAT(loaded.error().message(), HasSubstr("onnx: "));
  }
}

// Mutated graphs are refused or answer; none ends the process.
TEST(LoadedOnnx, NoMutationOfAGraphIsMoreThanAnError) {
  std::mt19937 random(5);
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (const std::string name : {"mlp", "mixed", "named_sizes", "lgb_regression"}) {
    const std::string bytes = ReadOnnxFile(GEOCLIMATE_SOURCE_DIR, name);
    const std::vector<Tensor> inputs = ReadOnnxRuns(GEOCLIMATE_SOURCE_DIR, name)[0].inputs;
    for (int i = 0; i < 150; ++i) {
      std::string changed = bytes;
      for (std::uint32_t k = 0; k <= random() % 4; ++k) {
        changed[random() % changed.size()] = static_cast<char>(random());
      }
      if (i % 5 == 0) changed.resize(random() % changed.size());
      const auto loaded = LoadedModel::Parse({}, changed);
      ++(loaded.ok() ? accepted : refused);
      std::vector<Tensor> outputs;
      if (loaded.ok()) static_cast<void>((*loaded)->Infer(ViewsOf(inputs), outputs).ok());
    }
  }
  EXPECT_GT(accepted, 20U);
  EXPECT_GT(refused, 100U);
}

}  // namespace
}  // namespace geoclimate::inference
