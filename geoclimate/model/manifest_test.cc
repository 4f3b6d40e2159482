#include "geoclimate/model/manifest.h"

#include <limits>

#include <gtest/gtest.h>

namespace geoclimate::model {
namespace {

base::Timestamp Noon() {
  return base::Timestamp(std::chrono::sys_days(std::chrono::year(2024) / 1 / 31)) +
         std::chrono::hours(12);
}

ModelDescription Example() {
  ModelDescription description;
  description.model_id = MakeModelId("pm25_d1", 3, Noon());
  description.model_name = "pm25_d1";
  description.version = 3;
  description.model_type = "forecaster";
  description.task_type = "forecasting";
  description.stage = Stage::kStaging;
  description.aliases = {"best", "canary"};
  description.metrics = {{"mse_skill", 0.25}, {"mae", 2.5}};
  description.baseline = "damped_persistence";
  description.features = {{.name = "last", .unit = "ug/m3", .min = -5, .max = 1000},
                          {.name = "day", .unit = "", .missing_allowed = false}};
  description.schema_fingerprint = "0123456789abcdef";
  description.training_window = {{base::MakeDay(2019, 1, 1), base::MakeDay(2022, 12, 31)}};
  description.created_at = Noon();
  description.size_bytes = 123456;
  description.sha256 = std::string(64, 'a');
  description.parent = "pm25_d1_v2_20240101_000000";
  description.source = "geoclimate train";
  return description;
}

TEST(Manifest, AnIdHoldsNameVersionAndTimeOfMaking) {
  EXPECT_EQ(MakeModelId("pm25_d1", 3, Noon()), "pm25_d1_v3_20240131_120000");
  EXPECT_EQ(MakeModelId("a", 12, Noon() + std::chrono::microseconds(999'999)),
            "a_v12_20240131_120000");
}

TEST(Manifest, ReadsBackWhatItWrote) {
  const std::string written = EncodeDescription(Example());
  const base::Result<ModelDescription> read = ParseDescription(written);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(EncodeDescription(*read), written);
  EXPECT_EQ(read->stage, Stage::kStaging);
  EXPECT_EQ(read->metrics, Example().metrics);
  EXPECT_EQ(read->training_window, Example().training_window);
  EXPECT_EQ(read->created_at, Noon());
  EXPECT_FALSE(read->features[1].missing_allowed);
  EXPECT_EQ(read->features[1].max, std::numeric_limits<float>::infinity());
}

TEST(Manifest, ACardsDigestIsThereOnlyWithACard) {
  ModelDescription description = Example();
  EXPECT_EQ(EncodeDescription(description).find("card"), std::string::npos);
  description.card_sha256 = std::string(64, 'b');
  const std::string written = EncodeDescription(description);
  EXPECT_EQ(ParseDescription(written)->card_sha256, description.card_sha256);
  description.card_sha256 = "../secret";
  const auto refused = ParseDescription(EncodeDescription(description));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("card_sha256"), std::string::npos);
}

TEST(Manifest, WritesTheFieldsOfTheWireContract) {
  const std::string json = EncodeDescription(Example());
  EXPECT_TRUE(json.starts_with(
      R"({"model_id":"pm25_d1_v3_20240131_120000","model_name":"pm25_d1","version":"v3",)"))
      << json;
  EXPECT_NE(json.find(R"("stage":"staging","aliases":["best","canary"])"), std::string::npos);
  EXPECT_NE(json.find(R"("min":null,"max":null,"missing_allowed":false)"), std::string::npos);
  EXPECT_NE(json.find(R"("created_at":"2024-01-31T12:00:00Z","size_bytes":123456)"),
            std::string::npos);
}

TEST(Manifest, ARefusalNamesTheField) {
  const std::string good = EncodeDescription(Example());
  const auto refusal = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    const base::Result<ModelDescription> read = ParseDescription(text);
    return read.ok() ? "accepted" : read.error().message();
  };
  EXPECT_EQ(refusal(R"("version":"v3")", R"("version":"v03")"),
            "field 'version': 'v03' is not of the form vN");
  EXPECT_EQ(refusal(R"("version":"v3")", R"("version":"v99999999999")"),
            "field 'version': 'v99999999999' is not of the form vN");
  EXPECT_EQ(refusal(R"("stage":"staging")", R"("stage":"live")"),
            "'live' is not a stage; the stages are dev, staging, production, archived");
  EXPECT_EQ(refusal(R"("mae":2.5)", R"("mae":"low")"),
            "field 'mae': expected a number, got a string");
  EXPECT_EQ(refusal(R"("size_bytes":123456)", R"("size_bytes":-1)"), "field 'size_bytes': -1");
  EXPECT_EQ(refusal(R"("name":"day")", R"("name":"last")"), "feature 'last' stands twice");
  EXPECT_NE(refusal(std::string(64, 'a'), "abc").find("field 'sha256'"), std::string::npos);
  EXPECT_NE(refusal(R"("model_name":"pm25_d1")", R"("model_name":"../x")").find("'../x'"),
            std::string::npos);
}

TEST(Manifest, StagesHaveNames) {
  for (const Stage stage : {Stage::kDev, Stage::kStaging, Stage::kProduction, Stage::kArchived}) {
    ASSERT_TRUE(ParseStage(StageName(stage)).ok());
    EXPECT_EQ(*ParseStage(StageName(stage)), stage);
  }
}

TEST(Manifest, NamesThatCouldLeaveAFolderAreRefused) {
  for (const std::string_view name : {"pm25_d1", "a", "0.x-y"}) {
    EXPECT_TRUE(ValidateModelName(name).ok()) << name;
  }
  for (const std::string& name :
       {std::string(), std::string(".."), std::string("a/b"), std::string("A"), std::string("a b"),
        std::string("_a"), std::string(65, 'a'), std::string("a\0b", 3)}) {
    EXPECT_FALSE(ValidateModelName(name).ok()) << name;
  }
}

}  // namespace
}  // namespace geoclimate::model
