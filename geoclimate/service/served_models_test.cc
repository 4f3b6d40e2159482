#include "geoclimate/service/served_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/service/testing/example_models.h"

namespace geoclimate::service {
namespace {

using ::testing::HasSubstr;

std::string IdOf(const base::Result<const ServedModel*>& chosen) {
  return chosen.ok() ? (*chosen)->description.model_id : chosen.error().message();
}

TEST(ServedModels, ChoosesByIdNameOrBecauseThereIsOnlyOne) {
  const ServedModels one(
      [] {
        std::vector<ServedModel> models;
        models.push_back(ServeExampleTrees("a", 2));
        models.push_back(ServeExampleTrees("a", 1, model::Stage::kDev));
        return models;
      }(),
      {});
  EXPECT_EQ(IdOf(one.Choose({})), "a_v2_20240131_120000");
  EXPECT_EQ(IdOf(one.Choose({.model_id = {}, .model_name = "a"})), "a_v2_20240131_120000");
  EXPECT_EQ(IdOf(one.Choose({.model_id = "a_v1_20240131_120000", .model_name = {}})),
            "a_v1_20240131_120000");
  EXPECT_EQ(one.available(), 1U);
}

TEST(ServedModels, NamesTheModelsWhenSeveralCouldBeMeant) {
  const ServedModels several({ServeExampleTrees("b"), ServeExampleTrees("a")}, {});
  const auto chosen = several.Choose({});
  ASSERT_FALSE(chosen.ok());
  EXPECT_EQ(chosen.error().code(), base::ErrorCode::kInvalidArgument);
  EXPECT_THAT(chosen.error().message(), HasSubstr("a, b"));
}

TEST(ServedModels, BesideTheModelOfSitesItsTwinOfPlacesDoesNotCount) {
  const ServedModels twins({ServeExampleTrees("pm25_d1"), ServeExampleTrees("pm25_d1_neighbours")},
                           {});
  const auto chosen = twins.Choose({});
  ASSERT_TRUE(chosen.ok()) << chosen.error().message();
  EXPECT_EQ((*chosen)->description.model_name, "pm25_d1");
  const ServedModels alone({ServeExampleTrees("pm25_d1_neighbours")}, {});
  EXPECT_TRUE(alone.Choose({}).ok());
}

TEST(ServedModels, SaysThatAModelIsMissing) {
  const ServedModels set({ServeExampleTrees("a"), ServeExampleTrees("b", 1, model::Stage::kDev)},
                         {});
  for (const ModelChoice& choice :
       {ModelChoice{"nothing", {}}, ModelChoice{{}, "nothing"}, ModelChoice{{}, "b"}}) {
    const auto chosen = set.Choose(choice);
    ASSERT_FALSE(chosen.ok());
    EXPECT_EQ(chosen.error().code(), base::ErrorCode::kNotFound);
  }
  EXPECT_EQ(ServedModels().Choose({}).error().code(), base::ErrorCode::kNotFound);
}

TEST(ServedModels, RefusesAnIdOfAnotherName) {
  const ServedModels set({ServeExampleTrees("a"), ServeExampleTrees("b")}, {});
  const auto chosen = set.Choose({.model_id = "a_v1_20240131_120000", .model_name = "b"});
  ASSERT_FALSE(chosen.ok());
  EXPECT_EQ(chosen.error().code(), base::ErrorCode::kInvalidArgument);
}

TEST(ServedModels, FindsAVersionByItsAlias) {
  ServedModel served = ServeExampleTrees("a", 3, model::Stage::kDev);
  served.description.aliases = {"fallback"};
  const ServedModels set({std::move(served)}, {});
  EXPECT_EQ(IdOf(set.Choose({.model_id = "a@fallback", .model_name = {}})), "a_v3_20240131_120000");
}

TEST(ServedModels, AModelThatCouldNotBeLoadedIsUnavailableAlone) {
  ServedModel broken;
  broken.description = DescriptionOf("a", 1, model::Stage::kProduction);
  broken.failure = base::DataLoss("the artifact is damaged");
  const ServedModels set({std::move(broken), ServeExampleTrees("b")}, {});
  const auto chosen = set.Choose({.model_id = {}, .model_name = "a"});
  ASSERT_FALSE(chosen.ok());
  EXPECT_EQ(chosen.error().code(), base::ErrorCode::kUnavailable);
  EXPECT_THAT(chosen.error().message(), HasSubstr("the artifact is damaged"));
  EXPECT_TRUE(set.Choose({.model_id = {}, .model_name = "b"}).ok());
  EXPECT_EQ(set.available(), 1U);
}

TEST(ServedModels, AModelOfTensorsIsNotChosenForRows) {
  const ServedModels set({ServeExampleTensors("image"), ServeExampleTrees("trees")}, {});
  EXPECT_TRUE(set.Choose({.model_id = {}, .model_name = "image"}).ok());
  const auto refused = set.ChooseForRows({.model_id = {}, .model_name = "image"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::ErrorCode::kUnimplemented);
  EXPECT_THAT(refused.error().message(), HasSubstr("/v2/models/image/infer"));
  EXPECT_TRUE(set.ChooseForRows({.model_id = {}, .model_name = "trees"}).ok());
  EXPECT_EQ(set.ChooseForRows({.model_id = {}, .model_name = "none"}).error().code(),
            base::ErrorCode::kNotFound);
}

TEST(ServedModels, KnowsWhetherNamesNeedEscapes) {
  const ServedModels plain({ServeExampleTrees("a")}, {});
  EXPECT_TRUE(plain.models()[0].names_are_plain);
  model::TreeEnsemble trees = ExampleTrees();
  trees.feature_names[1] = "with \"quotes\"";
  const ServedModels odd({Serve(DescriptionOf("a", 1, model::Stage::kProduction),
                                {.format = model::ModelFormat::kXgboost, .content = trees})},
                         {});
  EXPECT_FALSE(odd.models()[0].names_are_plain);
}

}  // namespace
}  // namespace geoclimate::service
