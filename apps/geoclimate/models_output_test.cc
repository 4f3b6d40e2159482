#include "apps/geoclimate/models_output.h"

#include <gtest/gtest.h>

#include "geoclimate/model/testing/example_card.h"

namespace geoclimate::app {
namespace {

model::ModelDescription Example() {
  model::ModelDescription model;
  model.model_id = "pm25_d1_v2_20240131_120000";
  model.model_name = "pm25_d1";
  model.version = 2;
  model.model_type = "forecaster";
  model.task_type = "forecasting";
  model.stage = model::Stage::kProduction;
  model.aliases = {"best", "mine"};
  model.metrics = {{"mse_skill", 0.125}};
  model.baseline = "damped_persistence";
  model.features = {{.name = "last", .unit = "ug/m3"}, {.name = "day", .unit = ""}};
  model.training_window = {{base::MakeDay(2019, 1, 1), base::MakeDay(2022, 12, 31)}};
  model.size_bytes = 77;
  model.sha256 = std::string(64, 'a');
  return model;
}

TEST(ModelsOutput, AListHasOneLineAVersion) {
  model::ModelDescription other = Example();
  other.model_id = "o3_d1_v1_20240131_120000";
  other.stage = model::Stage::kDev;
  other.aliases.clear();
  other.metrics.clear();
  EXPECT_EQ(RenderModelsText({Example(), other}),
            "MODEL                       STAGE       TYPE        SKILL   BYTES  CREATED            "
            "   ALIASES\n"
            "pm25_d1_v2_20240131_120000  production  forecaster  0.1250  77     "
            "1970-01-01T00:00:00Z  best,mine\n"
            "o3_d1_v1_20240131_120000    dev         forecaster  -       77     "
            "1970-01-01T00:00:00Z  -\n");
  EXPECT_EQ(RenderModelsText({}), "no models\n");
  EXPECT_EQ(RenderModelsJson({}), "[]\n");
  EXPECT_EQ(RenderModelsJson({other}), "[" + model::EncodeDescription(other) + "]\n");
}

TEST(ModelsOutput, AVersionIsShownWithItsWindowFiguresAndFeatures) {
  const std::string text = RenderModelText(Example(), nullptr);
  for (const std::string_view line :
       {"trained on  2019-01-01 to 2022-12-31\n", "baseline    damped_persistence\n",
        "metric      mse_skill 0.125\n", "feature     last (ug/m3)\n", "feature     day\n",
        "aliases     best, mine\n", "parent      -\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST(ModelsOutput, AVersionIsShownWithItsCard) {
  const model::ModelCard card = model::testing::ExampleCard();
  const std::string text = RenderModelText(Example(), &card);
  EXPECT_TRUE(text.ends_with("\n\n" + model::RenderCard(card, Example().model_id)));
  EXPECT_EQ(text.find("feature     "), std::string::npos) << "the card has them";
}

TEST(ModelsOutput, TheHistoryHasOneLineAChange) {
  const registry::HistoryEntry entry = {.generation = 3,
                                        .at = base::Timestamp(),
                                        .actor = "ann",
                                        .action = "promote",
                                        .target = "production",
                                        .from = "",
                                        .to = "m_v1_20240131_120000",
                                        .why = "better"};
  EXPECT_EQ(RenderHistoryText({entry}),
            "AT                    WHO  ACTION   TARGET      FROM  TO                    WHY\n"
            "1970-01-01T00:00:00Z  ann  promote  production  -     m_v1_20240131_120000  better\n");
  EXPECT_EQ(RenderHistoryJson({entry}),
            R"([{"generation":3,"at":"1970-01-01T00:00:00Z","actor":"ann","action":"promote",)"
            R"("target":"production","from":"","to":"m_v1_20240131_120000","why":"better"}])"
            "\n");
}

}  // namespace
}  // namespace geoclimate::app
