#include "geoclimate/service/models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "geoclimate/blob/testing/distant_store.h"
#include "geoclimate/inference/testing/onnx_golden.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::service {
namespace {

using airquality::Pollutant;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const registry::Request kWho = {.actor = "test", .reason = "a test"};
const registry::Promotion kToProduction = {.stage = model::Stage::kProduction, .expected = {}};

class ModelsTest : public testing::Test {
 protected:
  std::unique_ptr<Models> Start(ModelsOptions options = {}) {
    // Only changes through it, and explicit looks, are seen: nothing depends on time.
    options.watch_interval = std::chrono::hours(1);
    auto models =
        Models::Start(platform_.registry.get(), {}, options, platform_.metrics, platform_.clock);
    EXPECT_TRUE(models.ok()) << models.error().ToString();
    return *std::move(models);
  }
  static std::string Served(const Models& models, std::string_view name) {
    const auto set = models.Served();
    const auto chosen = set->Choose({.model_id = {}, .model_name = name});
    return chosen.ok() ? (*chosen)->description.model_id : chosen.error().message();
  }

  TestPlatform platform_;
};

TEST_F(ModelsTest, AnEmptyRegistryServesNothing) {
  const auto models = Start();
  EXPECT_EQ(models->Served()->available(), 0U);
  EXPECT_THAT(models->List(std::nullopt, std::nullopt)->versions, SizeIs(0));
}

// The program did not start while the bucket of the registry was away.
TEST_F(ModelsTest, ARegistryThatIsAwayIsFollowedOnceItIsThere) {
  const std::string id = platform_.PromoteForecaster(Pollutant::kPm25, 1);
  blob::DistantStore distant(*platform_.blobs);
  registry::Registry far(distant, platform_.clock);
  distant.away = true;
  ModelsOptions options;
  options.watch_interval = std::chrono::hours(1);
  const auto models = Models::Start(&far, {}, options, platform_.metrics, platform_.clock);
  ASSERT_TRUE(models.ok()) << models.error().ToString();
  EXPECT_EQ((*models)->Served()->available(), 0U);
  ASSERT_TRUE((*models)->Failure().has_value());
  EXPECT_EQ((*models)->List(std::nullopt, std::nullopt).error().code(),
            base::ErrorCode::kUnavailable);
  distant.away = false;
  ASSERT_TRUE((*models)->Refresh().ok());
  EXPECT_FALSE((*models)->Failure().has_value());
  EXPECT_EQ(Served(**models, "pm25_d1"), id);
  // What was listed last is listed while it is away again.
  distant.away = true;
  EXPECT_THAT((*models)->List("pm25_d1", model::Stage::kProduction)->versions, SizeIs(1));
  EXPECT_THAT((*models)->List("o3_d1", std::nullopt)->versions, SizeIs(0));
}

// A version whose artifact could not be fetched stayed unavailable until somebody changed the
// registry again.
TEST_F(ModelsTest, AVersionThatCouldNotBeFetchedIsFetchedByALaterLook) {
  const std::string first = platform_.PromoteForecaster(Pollutant::kPm25, 1);
  blob::DistantStore distant(*platform_.blobs);
  registry::Registry far(distant, platform_.clock);
  ModelsOptions options;
  options.watch_interval = std::chrono::hours(1);
  const auto models = *Models::Start(&far, {}, options, platform_.metrics, platform_.clock);
  platform_.clock.Advance(std::chrono::hours(1));
  const std::string second = platform_.PromoteForecaster(Pollutant::kPm25, 1);
  distant.away_below = "models/artifacts/";
  ASSERT_TRUE(models->Refresh().ok());
  EXPECT_EQ(Served(*models, "pm25_d1"), first) << "it stands in meanwhile";
  distant.away_below.clear();
  ASSERT_TRUE(models->Refresh().ok());
  EXPECT_EQ(Served(*models, "pm25_d1"), second);
}

TEST_F(ModelsTest, APromotionIsServedWhenTheWaitEnds) {
  const auto models = Start();
  const std::string id = platform_.PublishForecaster(Pollutant::kPm25, 1);
  const auto change = models->Promote(id, kToProduction, kWho, base::Deadline::Never());
  ASSERT_TRUE(change.ok()) << change.error().ToString();
  EXPECT_EQ(change->model_id, id);
  EXPECT_EQ(change->served, ModelChange::Served::kYes);
  EXPECT_EQ(Served(*models, "pm25_d1"), id);
  EXPECT_EQ((*models->Find(id)).stage, model::Stage::kProduction);
}

TEST_F(ModelsTest, OnlyALookThatFindsAChangeCountsAsAnExchange) {
  const auto models = Start();
  const std::uint64_t before = models->swaps().value();
  ASSERT_TRUE(models->Refresh().ok());
  EXPECT_EQ(models->swaps().value(), before);
  platform_.PromoteForecaster(Pollutant::kPm25, 1);
  ASSERT_TRUE(models->Refresh().ok());
  EXPECT_EQ(models->swaps().value(), before + 2);
}

TEST_F(ModelsTest, ARollbackGivesTheVersionBeforeBack) {
  const std::string first = platform_.PromoteForecaster(Pollutant::kPm25, 1);
  platform_.clock.Advance(std::chrono::hours(1));
  const std::string second = platform_.PromoteForecaster(Pollutant::kPm25, 1);
  const auto models = Start();
  EXPECT_EQ(Served(*models, "pm25_d1"), second);
  const auto change = models->Rollback("pm25_d1", kWho, base::Deadline::Never());
  ASSERT_TRUE(change.ok()) << change.error().ToString();
  EXPECT_EQ(Served(*models, "pm25_d1"), first);
  EXPECT_THAT(*models->History("pm25_d1"), SizeIs(testing::Ge(5U)));
}

TEST_F(ModelsTest, AnAliasIsServed) {
  const std::string id = platform_.PublishForecaster(Pollutant::kPm25, 1);
  const auto models = Start();
  const auto change =
      models->SetAlias("pm25_d1", "fallback", id, std::nullopt, kWho, base::Deadline::Never());
  ASSERT_TRUE(change.ok()) << change.error().ToString();
  EXPECT_TRUE(models->Served()->Choose({.model_id = "pm25_d1@fallback", .model_name = {}}).ok());
}

TEST_F(ModelsTest, WhatAnotherProcessPromotedIsSeenAtTheNextLook) {
  const auto models = Start();
  const std::string id = platform_.PromoteForecaster(Pollutant::kO3, 2);
  ASSERT_TRUE(models->Refresh().ok());
  EXPECT_EQ(Served(*models, "o3_d2"), id);
}

TEST_F(ModelsTest, AModelThatIsServedAlreadyIsNotLoadedAgain) {
  platform_.PromoteForecaster(Pollutant::kPm25, 1);
  const auto models = Start();
  const auto before = models->ServedShared();
  platform_.PromoteForecaster(Pollutant::kO3, 1);
  ASSERT_TRUE(models->Refresh().ok());
  const auto after = models->ServedShared();
  ASSERT_NE(before, after);
  EXPECT_EQ((*before->Choose({.model_id = {}, .model_name = "pm25_d1"}))->model,
            (*after->Choose({.model_id = {}, .model_name = "pm25_d1"}))->model);
}

TEST_F(ModelsTest, AGateThatRefusesLeavesWhatIsServed) {
  const auto models = Start();
  const std::string id = platform_.PublishForecaster(Pollutant::kPm25, 1, -0.1);
  const auto change = models->Promote(id, kToProduction, kWho, base::Deadline::Never());
  ASSERT_FALSE(change.ok());
  EXPECT_EQ(change.error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_EQ(models->Served()->available(), 0U);
  EXPECT_EQ(models->Promote("nothing", kToProduction, kWho, base::Deadline::Never()).error().code(),
            base::ErrorCode::kNotFound);
}

TEST_F(ModelsTest, AForecasterOfOtherInputsRefusesToLoadAlone) {
  model::Forecaster forecaster = ExampleForecaster(Pollutant::kPm25, 1);
  std::vector<features::Feature> features = forecaster.schema.features();
  std::swap(features[2], features[3]);
  forecaster.schema = features::FeatureSchema(features);
  registry::NewModel odd;
  odd.model_name = "pm25_d1";
  odd.features = features;
  odd.schema_fingerprint = forecaster.schema.fingerprint();
  const auto published =
      platform_.registry->Publish(odd, model::EncodeForecaster(forecaster), kWho);
  ASSERT_TRUE(published.ok()) << published.error().ToString();
  registry::Promotion forced = kToProduction;
  forced.gate = registry::PromotionGate::kOverride;
  ASSERT_TRUE(platform_.registry->Promote(published->model_id, forced, kWho).ok());
  const std::string fine = platform_.PromoteForecaster(Pollutant::kO3, 1);

  const auto models = Start();
  EXPECT_THAT(Served(*models, "pm25_d1"), HasSubstr("train it again"));
  EXPECT_EQ(Served(*models, "o3_d1"), fine);
  EXPECT_EQ(models->Served()->available(), 1U);
}

// What is written over the description of `model_id`.
void Damage(const std::filesystem::path& folder, const std::string& model_id) {
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder / "models/manifests")) {
    if (entry.path().filename().string().starts_with(model_id)) std::ofstream(entry.path()) << "?";
  }
}

TEST_F(ModelsTest, ADamagedDescriptionConcernsItsVersionAlone) {
  const std::string broken = platform_.PromoteForecaster(Pollutant::kPm25, 1);
  const std::string fine = platform_.PromoteForecaster(Pollutant::kO3, 1);
  Damage(platform_.folder, broken);
  const auto models = Start();
  EXPECT_EQ(Served(*models, "o3_d1"), fine);
  EXPECT_THAT(Served(*models, "pm25_d1"), HasSubstr("could not be loaded"));
  const auto listed = models->List(std::nullopt, std::nullopt);
  ASSERT_TRUE(listed.ok()) << listed.error().ToString();
  EXPECT_THAT(listed->versions, SizeIs(1));
  ASSERT_THAT(listed->damaged, SizeIs(1));
  EXPECT_EQ(listed->damaged.front().model_id, broken);
}

TEST_F(ModelsTest, WhatIsServedWhenItsDescriptionIsDamagedGoesOnBeingServed) {
  const std::string id = platform_.PromoteForecaster(Pollutant::kPm25, 1);
  const auto models = Start();
  Damage(platform_.folder, id);
  const std::string other = platform_.PromoteForecaster(Pollutant::kO3, 1);
  ASSERT_TRUE(models->Refresh().ok());
  EXPECT_EQ(Served(*models, "pm25_d1"), id);
  EXPECT_EQ(Served(*models, "o3_d1"), other);
  std::ofstream(platform_.folder / "models/states/pm25_d1.json") << "?";
  ASSERT_TRUE(models->Refresh().ok());
  EXPECT_EQ(Served(*models, "pm25_d1"), id);
}

TEST_F(ModelsTest, TheMetricsOfAVersionGoWithIt) {
  const std::string first = platform_.PromoteForecaster(Pollutant::kPm25, 1);
  const auto models = Start();
  const auto metrics = [this] {
    std::string text;
    platform_.metrics.Render(telemetry::Exposition::kPrometheus, text);
    return text;
  };
  EXPECT_THAT(metrics(), HasSubstr(R"(predictions_total{model="pm25_d1",version="v1")"));
  EXPECT_THAT(metrics(), HasSubstr(R"(nv_inference_count{model="pm25_d1",version="1"})"));
  platform_.clock.Advance(std::chrono::hours(1));
  platform_.PromoteForecaster(Pollutant::kPm25, 1);
  ASSERT_TRUE(models->Refresh().ok());
  EXPECT_THAT(metrics(), HasSubstr(R"(model="pm25_d1",version="v1")"));
  ASSERT_TRUE(
      platform_.registry->Promote(first, {.stage = model::Stage::kArchived, .expected = {}}, kWho)
          .ok());
  ASSERT_TRUE(models->Refresh().ok());
  EXPECT_THAT(metrics(), Not(HasSubstr(R"(version="v1")")));
  EXPECT_THAT(metrics(), Not(HasSubstr(R"(version="1")")));
  EXPECT_THAT(metrics(), HasSubstr(R"(predictions_total{model="pm25_d1",version="v2")"));
}

TEST_F(ModelsTest, VersionsInProductionAreKeptWhateverTheLimit) {
  const std::string first = platform_.PromoteForecaster(Pollutant::kPm25, 1);
  platform_.PromoteForecaster(Pollutant::kO3, 1);
  platform_.clock.Advance(std::chrono::hours(1));
  const std::string dev = platform_.PublishForecaster(Pollutant::kPm25, 1);
  ModelsOptions options;
  options.max_models = 1;
  const auto models = Start(options);
  EXPECT_EQ(models->Served()->available(), 2U);
  EXPECT_FALSE(models->Served()->Choose({.model_id = dev, .model_name = {}}).ok());
}

TEST_F(ModelsTest, FilesAreServedUnderTheirNamesWithoutARegistry) {
  const std::string bytes = model::EncodeForecaster(ExampleForecaster(Pollutant::kPm25, 1));
  const auto models = Models::Start(
      nullptr, {{.name = "tomorrow", .path = "/m/tomorrow.gcf", .bytes = bytes, .modified_at = {}}},
      {}, platform_.metrics, platform_.clock);
  ASSERT_TRUE(models.ok()) << models.error().ToString();
  EXPECT_EQ(Served(**models, "tomorrow"), "tomorrow_v1_19700101_000000");
  const auto listed = (*models)->List("tomorrow", std::nullopt);
  ASSERT_TRUE(listed.ok());
  ASSERT_THAT(listed->versions, SizeIs(1));
  EXPECT_EQ(listed->versions.front().model_type, "forecaster");
  EXPECT_EQ(listed->versions.front().size_bytes, bytes.size());
  EXPECT_EQ((*models)->LoadCard(listed->versions.front()).error().code(),
            base::ErrorCode::kNotFound);
  EXPECT_EQ(
      (*models)
          ->Promote("tomorrow_v1_19700101_000000", kToProduction, kWho, base::Deadline::Never())
          .error()
          .code(),
      base::ErrorCode::kFailedPrecondition);
}

TEST_F(ModelsTest, OnnxFilesAreServedWhateverTheyTake) {
  std::vector<ModelFile> files;
  for (const char* const name : {"mlp", "mixed", "fixed", "named_sizes", "gather"}) {
    files.push_back({.name = name,
                     .path = name,
                     .bytes = inference::ReadOnnxFile(GEOCLIMATE_SOURCE_DIR, name),
                     .modified_at = {}});
  }
  const auto models = Models::Start(nullptr, files, {}, platform_.metrics, platform_.clock);
  ASSERT_TRUE(models.ok()) << models.error().ToString();
  const auto set = (*models)->Served();
  EXPECT_EQ(set->available(), files.size());
  for (const ServedModel& served : set->models()) {
    EXPECT_EQ(served.description.model_type, "onnx");
    EXPECT_EQ(served.model->takes_rows(), served.description.model_name == "mlp");
  }
}

TEST_F(ModelsTest, AFileThatIsNoModelIsNamed) {
  const ModelFile broken = {.name = "x", .path = "/m/x.json", .bytes = "hello", .modified_at = {}};
  const auto models = Models::Start(nullptr, {broken}, {}, platform_.metrics, platform_.clock);
  ASSERT_FALSE(models.ok());
  EXPECT_THAT(models.error().message(), HasSubstr("/m/x.json"));
}

}  // namespace
}  // namespace geoclimate::service
