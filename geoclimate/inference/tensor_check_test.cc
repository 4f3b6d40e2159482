#include "geoclimate/inference/tensor_check.h"

#include <cstddef>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace geoclimate::inference {
namespace {

using ::testing::HasSubstr;

const std::vector<TensorSpec> kSpecs = {
    {.name = "rows", .type = TensorType::kFp32, .shape = {-1, 3}},
    {.name = "flag", .type = TensorType::kBool, .shape = {1}}};

struct Inputs {
  std::vector<std::int64_t> rows = {2, 3};
  std::vector<std::int64_t> flag = {1};
  TensorType type = TensorType::kFp32;
  std::size_t bytes = 24;

  base::Result<void> Check() const {
    const std::vector<std::byte> memory(256);
    const std::vector<TensorView> views = {
        {.type = type, .shape = rows, .bytes = std::span(memory).first(bytes)},
        {.type = TensorType::kBool, .shape = flag, .bytes = std::span(memory).first(1)}};
    return CheckInputs(kSpecs, views);
  }
};

TEST(TensorCheck, WhatTheModelTakesIsAccepted) {
  EXPECT_TRUE(Inputs{}.Check().ok());
  EXPECT_TRUE((Inputs{.rows = {0, 3}, .bytes = 0}).Check().ok());
}

TEST(TensorCheck, AnotherTypeIsRefusedByName) {
  const auto checked = Inputs{.type = TensorType::kInt32}.Check();
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().code(), base::ErrorCode::kInvalidArgument);
  EXPECT_EQ(checked.error().message(), "the input tensor 'rows' is INT32, the model takes FP32");
}

TEST(TensorCheck, AnotherShapeIsRefusedByName) {
  for (const std::vector<std::int64_t>& rows :
       {std::vector<std::int64_t>{2, 4}, {6}, {2, 3, 1}, {-1, 3}, {}}) {
    const auto checked = Inputs{.rows = rows}.Check();
    ASSERT_FALSE(checked.ok());
    EXPECT_THAT(checked.error().message(), HasSubstr("'rows' has the shape " + FormatShape(rows)));
    EXPECT_THAT(checked.error().message(), HasSubstr("the model takes [-1, 3]"));
  }
}

TEST(TensorCheck, BytesThatAreNotTheShapesAreRefused) {
  for (const std::size_t bytes : {0U, 23U, 25U, 28U, 48U}) {
    const auto checked = Inputs{.bytes = bytes}.Check();
    ASSERT_FALSE(checked.ok()) << bytes;
    EXPECT_THAT(checked.error().message(), HasSubstr("'rows'"));
  }
  EXPECT_FALSE((Inputs{.rows = {1LL << 62, 3}, .bytes = 0}).Check().ok());
}

TEST(TensorCheck, MissingAndSuperfluousTensorsAreCounted) {
  const auto none = CheckInputs(kSpecs, {});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().message(), "0 input tensors were given, the model takes rows, flag");
}

}  // namespace
}  // namespace geoclimate::inference
