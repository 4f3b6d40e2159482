#include "geoclimate/service/tensor_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "geoclimate/service/testing/example_models.h"

namespace geoclimate::service {
namespace {

using ::testing::ElementsAre;

class TensorModelsTest : public testing::Test {
 protected:
  static ServedModels Set() {
    ServedModel broken;
    broken.description = DescriptionOf("a", 3, model::Stage::kDev);
    broken.failure = base::DataLoss("torn");
    std::vector<ServedModel> models;
    models.push_back(ServeExampleTrees("a", 1));
    models.push_back(ServeExampleTrees("a", 2, model::Stage::kStaging));
    models.push_back(std::move(broken));
    models.push_back(ServeExampleTrees("b", 1, model::Stage::kDev));
    return {std::move(models), {}};
  }
  base::ErrorCode CodeOf(std::string_view name, std::string_view version) {
    const auto chosen = ChooseByVersion(models_, name, version);
    return chosen.ok() ? base::ErrorCode::kUnknown : chosen.error().code();
  }

  const ServedModels models_ = Set();
};

TEST_F(TensorModelsTest, AVersionIsANumberAndNoneMeansProduction) {
  EXPECT_EQ((*ChooseByVersion(models_, "a", ""))->description.version, 1);
  EXPECT_EQ((*ChooseByVersion(models_, "a", "2"))->description.version, 2);
  EXPECT_EQ((*ChooseByVersion(models_, "a", "v2"))->description.version, 2);
  EXPECT_EQ((*ChooseByVersion(models_, "b", "1"))->description.model_name, "b");
}

TEST_F(TensorModelsTest, WhatCannotBeChosenSaysWhy) {
  EXPECT_EQ(CodeOf("c", ""), base::ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf("b", ""), base::ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf("a", "9"), base::ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf("a", "3"), base::ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf("", ""), base::ErrorCode::kInvalidArgument);
  for (const char* const version : {"x", "1x", "-1", "0", "v", "99999999999"}) {
    EXPECT_EQ(CodeOf("a", version), base::ErrorCode::kInvalidArgument) << version;
  }
}

TEST_F(TensorModelsTest, OnlyUsableVersionsAreListed) {
  EXPECT_THAT(UsableVersions(models_, "a"), ElementsAre(2, 1));
  EXPECT_EQ(UsableModels(models_, "", "")->size(), 3U);
  EXPECT_EQ(UsableModels(models_, "a", "")->size(), 2U);
  EXPECT_EQ(UsableModels(models_, "a", "2")->size(), 1U);
  EXPECT_EQ(UsableModels(models_, "c", "").error().code(), base::ErrorCode::kNotFound);
}

TEST_F(TensorModelsTest, AConfigurationLeavesTheAxisOfTheBatchOut) {
  const ServedModel& served = **ChooseByVersion(models_, "a", "");
  const ModelConfiguration configuration(served, 50);
  EXPECT_EQ(configuration.max_batch_size, 50);
  EXPECT_THAT(configuration.Dims(served.model->tensor_inputs()[0]), ElementsAre(3));
  EXPECT_EQ(ConfiguredTypeName(inference::TensorType::kFp32), "TYPE_FP32");
}

}  // namespace
}  // namespace geoclimate::service
