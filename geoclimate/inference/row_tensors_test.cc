#include "geoclimate/inference/row_tensors.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

namespace geoclimate::inference {
namespace {

TEST(RowTensors, DescribeRowsAndTheirAnswers) {
  EXPECT_EQ(
      RowInputSpecs(7),
      (std::vector<TensorSpec>{{.name = "input", .type = TensorType::kFp32, .shape = {-1, 7}}}));
  EXPECT_EQ(
      RowOutputSpecs(3),
      (std::vector<TensorSpec>{{.name = "output", .type = TensorType::kFp32, .shape = {-1, 3}}}));
  const std::vector<TensorSpec> forecaster = DistributionSpecs();
  ASSERT_EQ(forecaster.size(), 4U);
  EXPECT_EQ(forecaster[0].name, "output");
  EXPECT_EQ(forecaster[3].name, "p90");
}

TEST(RowTensors, FloatsAreTheBytesThemselvesWhereTheyAreAligned) {
  const std::array<float, 4> values = {1.5F, -2, 0, 4};
  const std::array<std::int64_t, 2> shape = {2, 2};
  const TensorView tensor = {.shape = shape, .bytes = std::as_bytes(std::span(values))};
  EXPECT_EQ(FloatsOf(tensor).data(), values.data());
  EXPECT_EQ(FloatsOf(tensor).size(), 4U);
}

TEST(RowTensors, FloatsThatLieCrookedAreCopied) {
  const std::array<float, 3> values = {1.5F, -2, 4};
  const std::array<std::int64_t, 2> shape = {3, 1};
  alignas(float) std::array<std::byte, sizeof(values) + 1> crooked{};
  std::memcpy(crooked.data() + 1, values.data(), sizeof(values));
  const std::span<const float> read =
      FloatsOf({.shape = shape, .bytes = std::span(crooked).subspan(1)});
  EXPECT_EQ(std::vector<float>(read.begin(), read.end()), (std::vector<float>{1.5F, -2, 4}));
}

TEST(RowTensors, TakeTheSizesOfACallAndItsDistributionsFromAnyRowOn) {
  std::vector<Tensor> outputs;
  ResizeTo(DistributionSpecs(), 3, outputs);
  ASSERT_EQ(outputs.size(), 4U);
  EXPECT_EQ(outputs[2].shape, (std::vector<std::int64_t>{3, 1}));
  std::array<model::Distribution, 2> distributions;
  for (std::size_t i = 0; i < distributions.size(); ++i) {
    model::Distribution& one = distributions.at(i);
    one.mean = static_cast<float>(10 * i + 1);
    one.quantiles[model::kP10] = static_cast<float>(10 * i + 2);
    one.quantiles[model::kP50] = static_cast<float>(10 * i + 3);
    one.quantiles[model::kP90] = static_cast<float>(10 * i + 4);
  }
  WriteDistributions(distributions, 1, outputs);
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const std::span<const float> column = FloatsOf(outputs[k]);
    EXPECT_EQ(column[1], static_cast<float>(k + 1));
    EXPECT_EQ(column[2], static_cast<float>(k + 11));
  }
  ResizeTo(RowOutputSpecs(2), 0, outputs);
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].shape, (std::vector<std::int64_t>{0, 2}));
  EXPECT_TRUE(outputs[0].bytes.empty());
}

}  // namespace
}  // namespace geoclimate::inference
