#include "geoclimate/inference/tensor.h"

#include <gtest/gtest.h>

namespace geoclimate::inference {
namespace {

TEST(Tensor, EveryTypeIsReadBackFromItsName) {
  for (int i = 0; i <= static_cast<int>(TensorType::kFp64); ++i) {
    const auto type = static_cast<TensorType>(i);
    EXPECT_EQ(ParseTensorType(TensorTypeName(type)), type);
  }
  EXPECT_EQ(ElementBytes(TensorType::kBf16), 2U);
  EXPECT_EQ(ElementBytes(TensorType::kFp64), 8U);
}

TEST(Tensor, TextAndUnknownNamesAreNoType) {
  EXPECT_FALSE(ParseTensorType("BYTES").has_value());
  EXPECT_FALSE(ParseTensorType("fp32").has_value());
  EXPECT_FALSE(ParseTensorType("").has_value());
}

TEST(Tensor, CountsTheElementsOfAShape) {
  EXPECT_EQ(ElementCount({}), 1U);
  EXPECT_EQ(ElementCount(std::vector<std::int64_t>{3, 4}), 12U);
  EXPECT_EQ(ElementCount(std::vector<std::int64_t>{3, 0}), 0U);
}

TEST(Tensor, AShapeThatOverflowsOrIsNegativeHasNoCount) {
  EXPECT_FALSE(ElementCount(std::vector<std::int64_t>{3, -1}).has_value());
  EXPECT_FALSE(ElementCount(std::vector<std::int64_t>{1LL << 40, 1LL << 40}).has_value());
  EXPECT_EQ(ElementCount(std::vector<std::int64_t>{0, 1LL << 40, 1LL << 40}), 0U);
}

}  // namespace
}  // namespace geoclimate::inference
