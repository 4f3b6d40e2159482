#include "apps/geoclimate/score_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "apps/geoclimate/score_html.h"
#include "apps/geoclimate/score_json.h"
#include "apps/geoclimate/svg_plot.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

forecast::IntervalScored Scored(double skill_margin) {
  forecast::ScoreSums sums;
  sums.rows = sums.point_rows = 4;
  sums.forecast.squared_error = 36;
  sums.forecast.category_hits = 3;
  for (forecast::MethodSums& baseline : sums.baselines) baseline.squared_error = 100;
  sums.baselines[4].squared_error = 64;
  sums.point_squared_error.fill(100);
  sums.point_squared_error[4] = 64;
  sums.interval_rows = 4;
  sums.inside = 3;
  sums.width = 8;
  sums.interval_score = 12;
  forecast::IntervalScored scored;
  scored.weeks = 9;
  scored.score = forecast::Summarize(sums, forecast::Baseline::kDampedExpandingMean);
  scored.low = scored.high = scored.score;
  scored.low.skill -= skill_margin;
  scored.high.skill += skill_margin;
  scored.low.coverage = scored.high.coverage = kNone;
  return scored;
}

ScoreReport Report() {
  ScoreReport report;
  report.file.path = "<my>.csv";
  report.file.forecasts = 1234;
  report.file.rejects[static_cast<std::size_t>(forecast::ForecastReject::kBadNumber)] = 2;
  report.file.first_rejects = {"<my>.csv:7: mean: bad_number: 'x' is no number within 1e9"};
  report.judged = 4;
  report.unobserved = 1230;
  report.group_by = "state";
  forecast::ScoredGroup group;
  group.best = forecast::Baseline::kDampedExpandingMean;
  group.scored = Scored(0.01);
  group.subsets = {{"season", "JJA", Scored(0.02)}, {"state", "Ohio & <Kentucky>", Scored(0.02)}};
  report.groups = {group};
  return report;
}

TEST(ScoreOutput, TextHasALineAMethodAndSaysWhatWasLeftOut) {
  const std::string text = RenderScoreText(Report());
  EXPECT_THAT(text, HasSubstr("4 of 1,234 forecasts judged\n"));
  EXPECT_THAT(text, HasSubstr("1,230  for a day without an observation\n"));
  EXPECT_THAT(text, HasSubstr("2 lines of <my>.csv rejected:\n            2  bad_number\n"
                              "  <my>.csv:7: mean: bad_number: "));
  EXPECT_THAT(text, HasSubstr("PM2.5 D+1: 4 forecasts in 9 weeks, 0 days over AQI 100, ug/m3\n"));
  EXPECT_THAT(text, HasSubstr("  forecast             3.00     0.00     0.00   0.438"));
  EXPECT_THAT(text, HasSubstr("  damped_mean_all      4.00     0.00     0.00   0.000"));
  EXPECT_THAT(text, HasSubstr("skill 0.438 [0.427, 0.448] against damped_mean_all\n"));
  EXPECT_THAT(text, HasSubstr("coverage 0.750, width 2.00 [2.00, 2.00], interval score 3.00"));
  EXPECT_THAT(text, HasSubstr("season JJA"));
  EXPECT_EQ(text.find("nan"), std::string::npos);
  EXPECT_EQ(text.find("at a site without"), std::string::npos);
}

TEST(ScoreOutput, JsonIsOneObjectWithNullForWhatCannotBeDivided) {
  const base::Result<formats::Json> json = formats::ParseJson(RenderScoreJson(Report()));
  ASSERT_TRUE(json.ok()) << json.error().ToString();
  EXPECT_EQ(*json->IntegerAt("judged"), 4);
  EXPECT_EQ(*json->IntegerAt("rejected"), 2);
  EXPECT_EQ(*(*json->ObjectAt("rejects_by_reason"))->IntegerAt("bad_number"), 2);
  EXPECT_EQ(*json->StringAt("group_by"), "state");
  const formats::Json& group = json->ArrayAt("groups")->front();
  EXPECT_EQ(*group.StringAt("pollutant"), "PM2.5");
  EXPECT_EQ(*group.StringAt("best_baseline"), "damped_mean_all");
  EXPECT_EQ(*group.IntegerAt("weeks"), 9);
  EXPECT_DOUBLE_EQ(*group.NumberAt("skill"), 1 - 36.0 / 64);
  EXPECT_DOUBLE_EQ(*(*group.ObjectAt("low"))->NumberAt("skill"), 1 - 36.0 / 64 - 0.01);
  EXPECT_TRUE(group.Find("crps")->is_null());
  EXPECT_TRUE((*group.ObjectAt("high"))->Find("coverage")->is_null());
  const formats::Json* forecast = *group.ObjectAt("forecast");
  EXPECT_DOUBLE_EQ(*forecast->NumberAt("rmse"), 3);
  EXPECT_DOUBLE_EQ(*forecast->NumberAt("category_hit_rate"), 0.75);
  EXPECT_TRUE(forecast->Find("pod")->is_null());
  EXPECT_DOUBLE_EQ(*(*(*group.ObjectAt("baselines"))->ObjectAt("persistence"))->NumberAt("rmse"),
                   5);
  const formats::Json& season = group.ArrayAt("subsets")->front();
  EXPECT_EQ(*season.StringAt("by"), "season");
  EXPECT_DOUBLE_EQ(*(*season.ObjectAt("high"))->NumberAt("skill"), 1 - 36.0 / 64 + 0.02);
  EXPECT_EQ(json->Find("against"), nullptr);
}

TEST(ScoreOutput, OtherForecastsAreComparedInEveryForm) {
  ScoreReport report = Report();
  report.against.emplace().path = "ridge.csv";
  forecast::ComparedGroup compared;
  compared.score = {.rows = 3, .mse_skill = 0.05};
  compared.low = {.mse_skill = 0.02};
  compared.high = {.mse_skill = 0.08};
  report.compared = {compared};
  EXPECT_THAT(RenderScoreText(report), HasSubstr("against ridge.csv, on the rows of both"));
  EXPECT_THAT(RenderScoreText(report), HasSubstr("0.050 [0.020, 0.080]"));
  EXPECT_THAT(RenderScoreHtml(report), HasSubstr("0.050 [0.020, 0.080]"));
  const auto json = formats::ParseJson(RenderScoreJson(report));
  ASSERT_TRUE(json.ok());
  const formats::Json* against = *json->ObjectAt("against");
  EXPECT_DOUBLE_EQ(*(*against->ArrayAt("groups")->front().ObjectAt("low"))->NumberAt("mse_skill"),
                   0.02);
}

TEST(ScoreOutput, ThePageNeedsNothingElseAndEscapesTexts) {
  const std::string html = RenderScoreHtml(Report());
  EXPECT_THAT(html, HasSubstr("<code>&lt;my&gt;.csv</code>"));
  EXPECT_THAT(html, HasSubstr("state Ohio &amp; &lt;Kentucky&gt;"));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(html, HasSubstr("Skill against the best baseline"));
  EXPECT_THAT(html, HasSubstr("Coverage of the 80 % interval"));
  EXPECT_THAT(html, Not(HasSubstr("PIT"))) << "there are no quantiles";
  for (const char* outside : {"http:", "https:", "<script", "src=", "url(", "@import", "nan"}) {
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  }
}

TEST(ScoreOutput, FiguresShowNoSignOfRounding) {
  EXPECT_EQ(FigureCell(-0.0004, 3), "0.000");
  EXPECT_EQ(FigureCell(-0.0006, 3), "-0.001");
  EXPECT_EQ(FigureCell(kNone, 3), "-");
  EXPECT_EQ(IntervalCell(1, 0.5, 1.5, 1), "1.0 [0.5, 1.5]");
  EXPECT_EQ(IntervalCell(1, kNone, 1.5, 1), "1.0");
}

TEST(SvgPlot, TicksAreRoundNumbersWithinTheAxis) {
  EXPECT_THAT(RoundTicks(0, 1), ElementsAre(0, 0.2, 0.4, 3 * 0.2, 0.8, 1));
  EXPECT_THAT(RoundTicks(3.9, 5.2).front(), ::testing::DoubleNear(4, 1e-9));
  EXPECT_LE(RoundTicks(-0.013, 0.127).size(), 7u);
  EXPECT_THAT(RoundTicks(1, 1), ElementsAre());
  EXPECT_THAT(RoundTicks(0, kNone), ElementsAre());
}

TEST(SvgPlot, WhatIsNotANumberIsNotDrawn) {
  SvgPlotOptions options;
  options.title = "a < b";
  SvgPlot plot(options);
  plot.Point(0, kNone, 1, 2, "");
  plot.ErrorBarY(0, 0.5, kNone, 1);
  plot.Bar(0, 0, 1, kNone, 1, "");
  const std::string svg = std::move(plot).Finish();
  EXPECT_THAT(svg, HasSubstr("a &lt; b"));
  for (const char* drawn : {"<circle", "<rect", "nan", "class=\"s0\""}) {
    EXPECT_THAT(svg, Not(HasSubstr(drawn)));
  }
}

}  // namespace
}  // namespace geoclimate::app
