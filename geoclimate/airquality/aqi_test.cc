#include "geoclimate/airquality/aqi.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace geoclimate::airquality {
namespace {

Concentration C(std::string_view text) {
  return *Concentration::Parse(text);
}

TEST(Aqi, ResultNamesWhatItWasComputedFrom) {
  const AqiValue value = Aqi(Pollutant::kPm25, C("9.199"));
  EXPECT_EQ(value.aqi, 51);
  EXPECT_EQ(value.category, AqiCategory::kModerate);
  EXPECT_EQ(value.pollutant, Pollutant::kPm25);
  EXPECT_EQ(value.statistic, Statistic::kMean);
  EXPECT_EQ(value.truncated, C("9.1"));
  EXPECT_EQ(value.table, "epa-2024");
}

TEST(Aqi, EveryStepOfEveryTableIsTheExactFormulaRoundedHalfUp) {
  for (const Pollutant pollutant : kPollutants) {
    for (const BreakpointTable& table : BreakpointTables(pollutant)) {
      for (const BreakpointScale& scale : {table.daily, table.second}) {
        for (const BreakpointSegment& segment : scale.segments) {
          for (std::int64_t step = segment.low; step <= segment.high; ++step) {
            const int aqi = AqiOfStatistic(table, scale.statistic,
                                           Concentration::FromMicro(step * table.step_micro))
                                ->aqi;
            // |aqi - exact| <= 1/2, and a tie is the upper one: 2 * exact - 1 < 2 * aqi <= 2 *
            // exact + 1.
            const std::int64_t width = segment.high - segment.low;
            const std::int64_t exact = (segment.aqi_high - segment.aqi_low) * (step - segment.low) +
                                       segment.aqi_low * width;
            ASSERT_LE(2 * aqi * width, 2 * exact + width) << table.name << " " << step;
            ASSERT_GT(2 * aqi * width, 2 * exact - width) << table.name << " " << step;
          }
        }
      }
    }
  }
}

TEST(Aqi, NeverFallsAsTheConcentrationRises) {
  for (const Pollutant pollutant : kPollutants) {
    for (const BreakpointTable& table : BreakpointTables(pollutant)) {
      int previous = 0;
      for (std::int64_t half_steps = -10; half_steps < 14'000; ++half_steps) {
        const int aqi = Aqi(table, Concentration::FromMicro(half_steps * table.step_micro / 2)).aqi;
        ASSERT_GE(aqi, previous) << Name(pollutant) << " " << half_steps;
        previous = aqi;
      }
    }
  }
}

TEST(Aqi, AbsurdValuesSaturateAndNeverOverflow) {
  const Concentration largest = Concentration::FromMicro(std::numeric_limits<std::int64_t>::max());
  const Concentration smallest = Concentration::FromMicro(std::numeric_limits<std::int64_t>::min());
  for (const Pollutant pollutant : kPollutants) {
    for (const BreakpointTable& table : BreakpointTables(pollutant)) {
      EXPECT_EQ(Aqi(table, smallest).aqi, 0);
      EXPECT_EQ(Aqi(table, smallest).truncated, Concentration());
      const bool held = table.daily.above == AboveScale::kHold;
      EXPECT_EQ(Aqi(table, largest).aqi,
                held ? table.daily.held_aqi : std::numeric_limits<int>::max());
      if (!table.second.segments.empty()) {
        EXPECT_EQ(AqiOfStatistic(table, table.second.statistic, largest)->aqi,
                  std::numeric_limits<int>::max());
        EXPECT_FALSE(AqiOfStatistic(table, table.second.statistic, smallest));
      }
    }
  }
  EXPECT_EQ(Aqi(Pollutant::kPm10, C("1000000")).category, AqiCategory::kHazardous);
}

TEST(Aqi, AStatisticThatTheIndexDoesNotUseHasNone) {
  EXPECT_FALSE(AqiOfStatistic(NewestTable(Pollutant::kPm25), Statistic::kMax1Hour, C("40")));
  EXPECT_FALSE(AqiOfStatistic(NewestTable(Pollutant::kO3), Statistic::kMean, C("0.04")));
  EXPECT_FALSE(AqiOfStatistic(NewestTable(Pollutant::kNo2), Statistic::kMean, C("40")));
  EXPECT_TRUE(AqiOfStatistic(NewestTable(Pollutant::kCo), Statistic::kMax8Hour, C("40")));
}

TEST(Aqi, CategoriesMeetWithoutGap) {
  for (const AqiCategory category : kAqiCategories) {
    const AqiCategoryTraits& traits = Traits(category);
    EXPECT_EQ(traits.category, category);
    EXPECT_EQ(CategoryOf(traits.lowest_aqi), category);
    EXPECT_EQ(CategoryOf(traits.highest_aqi), category);
    if (category != AqiCategory::kHazardous) {
      EXPECT_NE(CategoryOf(traits.highest_aqi + 1), category);
    }
  }
  EXPECT_EQ(CategoryOf(3852), AqiCategory::kHazardous);
}

TEST(Aqi, ColoursAgreeWithTheirHexadecimalForm) {
  for (const AqiCategory category : kAqiCategories) {
    const AqiCategoryTraits& traits = Traits(category);
    for (const Color& color : {traits.color, traits.assist_color, traits.text_color}) {
      const auto rgb =
          static_cast<unsigned>(std::stoul(std::string(color.hex.substr(1)), nullptr, 16));
      EXPECT_EQ(rgb >> 16, color.red) << color.hex;
      EXPECT_EQ(rgb >> 8 & 0xff, color.green) << color.hex;
      EXPECT_EQ(rgb & 0xff, color.blue) << color.hex;
    }
  }
}

TEST(Aqi, TheDominantPollutantHasTheLargest) {
  EXPECT_FALSE(DominantAqi({}));
  const std::vector<AqiValue> day = {Aqi(Pollutant::kCo, C("4.4")), Aqi(Pollutant::kO3, C("0.054")),
                                     Aqi(Pollutant::kNo2, C("20")), Aqi(Pollutant::kPm10, C("54"))};
  EXPECT_EQ(DominantAqi(day)->aqi, 50);
  EXPECT_EQ(DominantAqi(day)->pollutant, Pollutant::kPm10) << "of equals, the first by number";
  const std::vector<AqiValue> smog = {Aqi(Pollutant::kPm25, C("30")),
                                      Aqi(Pollutant::kO3, C("0.09"))};
  EXPECT_EQ(DominantAqi(smog)->pollutant, Pollutant::kO3);
}

}  // namespace
}  // namespace geoclimate::airquality
