#include "apps/geoclimate/score_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

using ::testing::HasSubstr;

ScoreReport Report() {
  forecast::ScoreSums sums;
  sums.rows = 4;
  sums.forecast.squared_error = 36;
  sums.forecast.category_hits = 3;
  for (forecast::MethodSums& baseline : sums.baselines) baseline.squared_error = 100;
  sums.baselines[4].squared_error = 64;
  sums.interval_rows = 4;
  sums.inside = 3;
  sums.width = 8;
  ScoreReport report;
  report.forecasts = 1234;
  report.judged = 4;
  report.unobserved = 1230;
  report.groups = {{airquality::Pollutant::kPm25, 1, forecast::Summarize(sums)}};
  return report;
}

TEST(ScoreOutput, TextHasALineAMethodAndSaysWhatWasLeftOut) {
  const std::string text = RenderScoreText(Report());
  EXPECT_THAT(text, HasSubstr("4 of 1,234 forecasts judged\n"));
  EXPECT_THAT(text, HasSubstr("1,230  for a day without an observation\n"));
  EXPECT_THAT(text, HasSubstr("PM2.5 D+1: 4 forecasts, 0 days over AQI 100, ug/m3\n"));
  EXPECT_THAT(text, HasSubstr("  forecast             3.00     0.00     0.00   0.438"));
  EXPECT_THAT(text, HasSubstr("  damped_mean_all      4.00     0.00     0.00   0.000"));
  EXPECT_THAT(text, HasSubstr("coverage 0.750, width 2.00; CRPS -;"));
  EXPECT_EQ(text.find("nan"), std::string::npos);
  EXPECT_EQ(text.find("at a site without"), std::string::npos);
}

TEST(ScoreOutput, JsonIsOneObjectWithNullForWhatCannotBeDivided) {
  const base::Result<formats::Json> json = formats::ParseJson(RenderScoreJson(Report()));
  ASSERT_TRUE(json.ok()) << json.error().ToString();
  EXPECT_EQ(*json->IntegerAt("judged"), 4);
  const formats::Json& group = json->ArrayAt("groups")->front();
  EXPECT_EQ(*group.StringAt("pollutant"), "PM2.5");
  EXPECT_EQ(*group.StringAt("best_baseline"), "damped_mean_all");
  EXPECT_DOUBLE_EQ(*group.NumberAt("skill"), 1 - 36.0 / 64);
  EXPECT_TRUE(group.Find("crps")->is_null());
  const formats::Json* forecast = *group.ObjectAt("forecast");
  EXPECT_DOUBLE_EQ(*forecast->NumberAt("rmse"), 3);
  EXPECT_DOUBLE_EQ(*forecast->NumberAt("category_hit_rate"), 0.75);
  EXPECT_TRUE(forecast->Find("pod")->is_null());
  EXPECT_DOUBLE_EQ(*(*(*group.ObjectAt("baselines"))->ObjectAt("persistence"))->NumberAt("rmse"),
                   5);
}

}  // namespace
}  // namespace geoclimate::app
