#include "geoclimate/forecast/overall_aqi.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "geoclimate/forecast/distribution.h"

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;

PollutantForecast ForecastOf(Pollutant pollutant, float mean, float width) {
  const airquality::BreakpointTable& table = airquality::NewestTable(pollutant);
  PollutantForecast forecast{.pollutant = pollutant, .last_observed = {}, .concentration = {}};
  forecast.concentration.mean = mean;
  for (std::size_t k = 0; k < model::kQuantileLevels.size(); ++k) {
    forecast.concentration.quantiles[k] =
        mean + width * static_cast<float>(model::kQuantileLevels[k] - 0.5);
  }
  const auto aqi = [&](std::size_t k) {
    return AqiOf(table, double{forecast.concentration.quantiles[k]});
  };
  forecast.aqi_p10 = aqi(model::kP10);
  forecast.aqi = aqi(model::kP50);
  forecast.aqi_p90 = aqi(model::kP90);
  forecast.probability_over_100 =
      static_cast<float>(ProbabilityOver100(table, forecast.concentration));
  return forecast;
}

DayForecast DayOf(std::vector<PollutantForecast> pollutants, double correlation = 0.3) {
  DayForecast day{.pollutants = std::move(pollutants)};
  FillOverallAqi(NewestAqiTables(), JointLevels(EqualCorrelations(correlation)), day);
  return day;
}

TEST(JointLevels, EachPollutantsLevelsAreUniform) {
  const JointLevels levels(EqualCorrelations(0.3));
  for (std::size_t p = 0; p < airquality::kPollutantCount; ++p) {
    std::vector<double> of_one;
    for (const auto& sample : levels.samples()) of_one.push_back(sample[p]);
    std::ranges::sort(of_one);
    for (std::size_t i = 0; i < of_one.size(); ++i) {
      const double expected = (static_cast<double>(i) + 0.5) / static_cast<double>(of_one.size());
      EXPECT_NEAR(of_one[i], expected, 0.03);
    }
  }
}

TEST(JointLevels, TwoPollutantsCorrelateAsAsked) {
  for (const double asked : {0.0, 0.3, 0.8}) {
    const JointLevels levels(EqualCorrelations(asked));
    double product = 0;
    for (const auto& sample : levels.samples()) product += (sample[0] - 0.5) * (sample[4] - 0.5);
    // Of levels, the correlation is 6 / pi asin(r / 2).
    const double correlation = 12 * product / static_cast<double>(levels.samples().size());
    EXPECT_NEAR(correlation, 6 / std::acos(-1.0) * std::asin(asked / 2), 0.06) << asked;
  }
}

TEST(OverallAqi, ADayOfOnePollutantTakesItsFigures) {
  const DayForecast day = DayOf({ForecastOf(Pollutant::kPm25, 20, 10)});
  EXPECT_EQ(day.dominant, Pollutant::kPm25);
  EXPECT_EQ(day.aqi, day.pollutants[0].aqi);
  EXPECT_EQ(day.aqi_p10, day.pollutants[0].aqi_p10);
  EXPECT_EQ(day.aqi_p90, day.pollutants[0].aqi_p90);
  EXPECT_EQ(day.probability_over_100, day.pollutants[0].probability_over_100);
}

TEST(OverallAqi, TheHighestAqiOfTheMediansIsTheDays) {
  const DayForecast day =
      DayOf({ForecastOf(Pollutant::kPm25, 8, 4), ForecastOf(Pollutant::kO3, 0.068f, 0.02f),
             ForecastOf(Pollutant::kNo2, 20, 10)});
  EXPECT_EQ(day.dominant, Pollutant::kO3);
  EXPECT_EQ(day.aqi, day.pollutants[1].aqi);
}

TEST(OverallAqi, TheIntervalOfSeveralPollutantsIsNotTheLargestOfTheirs) {
  const DayForecast day =
      DayOf({ForecastOf(Pollutant::kPm25, 30, 60), ForecastOf(Pollutant::kO3, 0.062f, 0.06f)});
  // Either may be high, so the highest is likelier to be high than each alone.
  EXPECT_GT(day.aqi_p90, std::max(day.pollutants[0].aqi_p90, day.pollutants[1].aqi_p90));
  EXPECT_GT(day.aqi_p10, std::max(day.pollutants[0].aqi_p10, day.pollutants[1].aqi_p10));
  EXPECT_LE(day.aqi_p10, day.aqi);
  EXPECT_GE(day.probability_over_100, day.pollutants[1].probability_over_100);
}

TEST(OverallAqi, TheIntervalHoldsTheAqiEvenWhereManyPollutantsCompete) {
  std::vector<PollutantForecast> pollutants;
  for (const Pollutant pollutant : airquality::kPollutants) {
    const airquality::BreakpointTable& table = airquality::NewestTable(pollutant);
    const auto moderate = static_cast<float>(
        static_cast<double>(table.daily.segments[1].low * table.step_micro) * 1.2e-6);
    pollutants.push_back(ForecastOf(pollutant, moderate, moderate));
  }
  const DayForecast day = DayOf(std::move(pollutants), 0);
  EXPECT_LE(day.aqi_p10, day.aqi);
  EXPECT_GE(day.aqi_p90, day.aqi);
}

TEST(OverallAqi, TheProbabilityIsMadeOfThePollutantsOwn) {
  // As calibrated: not what the quantiles say, which are all far below.
  PollutantForecast pm25 = ForecastOf(Pollutant::kPm25, 5, 2);
  PollutantForecast ozone = ForecastOf(Pollutant::kO3, 0.03F, 0.01F);
  pm25.probability_over_100 = 0.2F;
  ozone.probability_over_100 = 0.1F;
  EXPECT_NEAR(DayOf({pm25, ozone}, 0).probability_over_100, 1 - 0.8 * 0.9, 0.02);
  // What goes together adds less.
  EXPECT_LT(DayOf({pm25, ozone}, 0.9).probability_over_100, 0.24);
  EXPECT_GE(DayOf({pm25, ozone}, 0.9).probability_over_100, 0.2F);
  pm25.probability_over_100 = 0;
  ozone.probability_over_100 = 0;
  EXPECT_EQ(DayOf({pm25, ozone}).probability_over_100, 0);
}

TEST(OverallAqi, PollutantsThatGoTogetherHaveANarrowerUpperEnd) {
  const std::vector<PollutantForecast> pollutants = {ForecastOf(Pollutant::kPm25, 30, 60),
                                                     ForecastOf(Pollutant::kO3, 0.062F, 0.06F)};
  EXPECT_LT(DayOf(pollutants, 0.9).aqi_p90, DayOf(pollutants, 0).aqi_p90);
}

TEST(OverallAqi, TheSameDayGivesTheSameFigures) {
  const auto make = [] {
    return DayOf({ForecastOf(Pollutant::kPm25, 30, 20), ForecastOf(Pollutant::kO3, 0.06f, 0.03f)});
  };
  EXPECT_EQ(make(), make());
}

}  // namespace
}  // namespace geoclimate::forecast
