#include "apps/geoclimate/card_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/model/testing/example_card.h"

namespace geoclimate::app {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

model::ModelCard Card() {
  return model::testing::ExampleCard();
}

TEST(CardLimits, SayWhereAndWhenItLearnt) {
  EXPECT_THAT(LimitsOf(Card()),
              Contains(HasSubstr("learnt PM2.5 from 2 sites in California, New York:")));
  EXPECT_THAT(LimitsOf(Card()), Contains(HasSubstr("newest value is of 2020-12-31")));
}

TEST(CardLimits, TellOfWeatherUnlessItIsAmongTheFeatures) {
  EXPECT_THAT(LimitsOf(Card()), Contains(HasSubstr("No weather")));
  model::ModelCard card = Card();
  card.features.push_back({.name = "weather_temperature_2m_max_c", .unit = "degC"});
  EXPECT_THAT(LimitsOf(card), Each(Not(HasSubstr("No weather"))));
}

TEST(CardLimits, NameYearsThatHoldMostRows) {
  model::ModelCard card = Card();
  EXPECT_THAT(LimitsOf(card), Each(Not(HasSubstr("% of its rows"))));
  card.training.rows = 1000;
  card.training.years = {{2018, 100}, {2019, 500}, {2020, 400}};
  EXPECT_THAT(LimitsOf(card), Contains(HasSubstr("90 % of its rows are of 2019 and 2020")));
  card.training.years = {{2017, 250}, {2018, 250}, {2019, 250}, {2020, 250}};
  EXPECT_THAT(LimitsOf(card), Each(Not(HasSubstr("% of its rows"))));
}

TEST(CardLimits, TellOfFiltersThatTheArchiveKnewTooEarly) {
  EXPECT_THAT(LimitsOf(Card()), Contains(HasSubstr("100 % of the measurements are of filters")));
  model::ModelCard card = Card();
  card.training.sources.front().monitor = "continuous";
  EXPECT_THAT(LimitsOf(card), Each(Not(HasSubstr("filters"))));
}

TEST(CardLimits, SayWhatAFifteenOClockIssueIsWorth) {
  EXPECT_THAT(LimitsOf(Card()), Contains(HasSubstr("15:00 of its issue day is not known")));
  model::ModelCard card = Card();
  card.scores.push_back(card.scores.front());
  card.scores.back().known = "operational";
  card.scores.back().forecast.rmse.value = 6.5;
  card.scores.back().skill.value = -0.25;
  EXPECT_THAT(LimitsOf(card),
              Contains(AllOf(HasSubstr("RMSE is 6.5 ug/m3 and its skill -0.250 against "
                                       "damped_mean30"),
                             HasSubstr("81.2 % of the observations"))));
}

TEST(CardLimits, DoubtASkillWhoseIntervalHoldsZero) {
  EXPECT_THAT(LimitsOf(Card()), Each(Not(HasSubstr("not certain"))));
  model::ModelCard card = Card();
  card.scores.front().skill = {.value = 0.0125, .low = -0.01, .high = 0.04};
  EXPECT_THAT(LimitsOf(card), Contains(HasSubstr("not certain to be better than damped_mean30")));
  card.scores.front().skill = {.value = 0.0125};
  EXPECT_THAT(LimitsOf(card), Contains(HasSubstr("61 weeks, too few")));
}

TEST(CardLimits, TellOfIntervalsThatAreTooNarrowOrTooWide) {
  model::ModelCard card = Card();
  EXPECT_THAT(LimitsOf(card), Each(Not(HasSubstr("80 % interval is"))));
  card.scores.front().coverage = {.value = 0.7, .low = 0.68, .high = 0.72};
  EXPECT_THAT(LimitsOf(card), Contains(HasSubstr("too narrow: 70.0 %")));
  card.scores.front().coverage = {.value = 0.9, .low = 0.88, .high = 0.92};
  EXPECT_THAT(LimitsOf(card), Contains(HasSubstr("too wide: 90.0 %")));
}

TEST(CardLimits, CountEventsAndSitesAgainstIt) {
  model::ModelCard card = Card();
  EXPECT_THAT(LimitsOf(card), Contains(HasSubstr("Only 7 of 2469 judged rows were over AQI 100")));
  EXPECT_THAT(LimitsOf(card), Each(Not(HasSubstr("simple method"))));
  card.scores.front().events = 0;
  card.sites.push_back(card.sites.front());
  card.sites.back().skill = -0.1;
  card.sites.push_back(card.sites.back());
  card.sites.back().rows = 3;
  EXPECT_THAT(LimitsOf(card), Contains(HasSubstr("None of 2469 judged rows")));
  EXPECT_THAT(LimitsOf(card), Contains(HasSubstr("At 1 of 2 sites")));
}

TEST(CardLimits, SayThatThePublishedOneWasFittedAgain) {
  model::ModelCard card = Card();
  card.blocks.push_back({.name = "fit",
                         .rows = 7'407,
                         .first_issue_day = base::MakeDay(2015, 1, 1),
                         .last_valid_day = base::MakeDay(2018, 10, 30)});
  EXPECT_THAT(LimitsOf(card), Contains(HasSubstr("the 7407 rows up to 2018-10-30")));
  card.blocks.back().rows = card.training.rows;
  EXPECT_THAT(LimitsOf(card), Each(Not(HasSubstr("fitted again"))));
}

}  // namespace
}  // namespace geoclimate::app
