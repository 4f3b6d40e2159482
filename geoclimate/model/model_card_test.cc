#include "geoclimate/model/model_card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "geoclimate/formats/json.h"
#include "geoclimate/model/testing/example_card.h"

namespace geoclimate::model {
namespace {

using ::testing::HasSubstr;

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ModelCard, ReadsBackWhatItWrote) {
  const std::string written = EncodeCard(testing::ExampleCard());
  const auto read = ParseCard(written);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(EncodeCard(*read), written);
  EXPECT_EQ(read->training.sources.front().parameter, 88101U);
  EXPECT_EQ(read->training.last_day, base::MakeDay(2020, 12, 31));
  EXPECT_EQ(read->scores.front().baselines.back().rmse.high, 5);
  EXPECT_EQ(read->scores.front().reliability.back().rows, 69U);
  EXPECT_EQ(read->sites.front().name, "Los Angeles | North Main Street");
}

TEST(ModelCard, AFigureThatIsNotKnownIsNull) {
  const std::string written = EncodeCard(testing::ExampleCard());
  EXPECT_THAT(written, HasSubstr(R"("brier":{"value":null,"low":null,"high":null})"));
  EXPECT_TRUE(std::isnan(ParseCard(written)->scores.front().brier.value));
}

TEST(ModelCard, ADescriptionIsShownWithItsCardOrNull) {
  ModelDescription description;
  description.model_id = "pm25_d1_v1_20210101_120000";
  const ModelCard card = testing::ExampleCard();
  const auto with = formats::ParseJson(EncodeDescription(description, &card));
  ASSERT_TRUE(with.ok()) << with.error().message();
  EXPECT_EQ(*with->StringAt("model_id"), description.model_id);
  EXPECT_EQ(*with->Find("card")->StringAt("model_name"), "pm25_d1");
  const auto without = formats::ParseJson(EncodeDescription(description, nullptr));
  ASSERT_TRUE(without.ok()) << without.error().message();
  EXPECT_TRUE(without->Find("card")->is_null());
}

TEST(ModelCard, WhatIsNoCardIsRefusedByItsField) {
  const std::string written = EncodeCard(testing::ExampleCard());
  const auto message = [&](std::string_view from, std::string_view to) {
    const auto read = ParseCard(Replaced(written, from, to));
    return read.ok() ? std::string() : read.error().message();
  };
  EXPECT_THAT(message(R"("rows":12345)", R"("rows":-1)"),
              HasSubstr("field 'training': field 'rows': expected a count"));
  EXPECT_THAT(message(R"("unit":"ug/m3")", R"("unit":7)"),
              HasSubstr("field 'unit': expected a string, got a number"));
  EXPECT_THAT(message(R"("limits":)", R"("limit":)"), HasSubstr("'limits'"));
  EXPECT_THAT(message("2015-01-01", "2015-02-30"), HasSubstr("2015-02-30"));
  EXPECT_THAT(message(R"("rho":0.625)", R"("rho":"big")"), HasSubstr("field 'rho'"));
  EXPECT_FALSE(ParseCard("").ok());
  EXPECT_FALSE(ParseCard("[]").ok());
  const auto later = ParseCard(Replaced(written, R"("format":1)", R"("format":2)"));
  ASSERT_FALSE(later.ok());
  EXPECT_EQ(later.error().code(), base::ErrorCode::kUnimplemented);
}

TEST(ModelCard, MarkdownSaysEverythingThatIsInIt) {
  const std::string text = RenderCard(testing::ExampleCard(), "pm25_d1_v1_20210101_120000");
  for (const std::string_view part :
       {"# pm25_d1_v1_20210101_120000\n",
        "PM2.5, 1 day ahead, in ug/m3. Boosted trees",
        "- The data end on 2020-12-31.\n",
        "12345 rows of 2 sites in California, New York",
        "| 88101     | final  | filter  | 4000 ",
        "| 2020 | 10000 |",
        "rho 0.625",
        "| boosted trees | log residual | 240   |",
        "correction that is taken: 75.0 %.",
        "| learning_rate | 0.04  |",
        "2 features, schema 0123456789abcdef",
        "- pm25_last_ug_m3 (ug/m3)\n- week_sin\n",
        "### Knowledge: archive",
        "2469 rows of 2 sites in 61 weeks, 7 over AQI 100",
        "| model         | 4.25         | 4 to 4.5      | 2.5  | -0.125 |",
        "| damped_mean30 | 4.5          | 4.25 to 5     | 2.75 | 0.25   | best baseline |",
        "| MSE skill against the best baseline | 0.108  | 0.0625 to 0.15   |",
        "| observations within p10 .. p90      | 81.2 % | 78.0 % to 84.0 % |",
        "| Brier score of P(AQI > 100)         | -      | -                |",
        "| 12.5 %             | 6.2 %   | 69   |",
        "| 06-037-1103 | Los Angeles \\| North Main Street | 1200 | 4.75 |"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_TRUE(text.ends_with("|\n"));
}

}  // namespace
}  // namespace geoclimate::model
