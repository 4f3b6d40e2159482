#include "geoclimate/airquality/pollutant.h"

#include <gtest/gtest.h>

namespace geoclimate::airquality {
namespace {

TEST(Pollutant, IsReadInTheSpellingsThatPeopleUse) {
  for (const char* text : {"PM2.5", "pm25", "PM 2.5", "pm2_5", "88101", "88502"}) {
    const base::Result<Pollutant> pollutant = ParsePollutant(text);
    ASSERT_TRUE(pollutant.ok()) << text;
    EXPECT_EQ(*pollutant, Pollutant::kPm25) << text;
  }
  for (const char* text : {"O3", "o3", "Ozone", "44201"}) {
    const base::Result<Pollutant> pollutant = ParsePollutant(text);
    ASSERT_TRUE(pollutant.ok()) << text;
    EXPECT_EQ(*pollutant, Pollutant::kO3) << text;
  }
  for (const Pollutant pollutant : kPollutants) {
    EXPECT_EQ(*ParsePollutant(Name(pollutant)), pollutant);
    EXPECT_EQ(*ParsePollutant(Slug(pollutant)), pollutant);
    EXPECT_EQ(PollutantOf(Traits(pollutant).parameter), pollutant);
    EXPECT_EQ(Traits(pollutant).pollutant, pollutant);
  }
}

TEST(Pollutant, OneWithoutAnIndexIsRefusedWithTheNamesThatHaveOne) {
  for (const char* text : {"", "lead", "Pb", "14129", "PM", "42602x"}) {
    const base::Result<Pollutant> pollutant = ParsePollutant(text);
    ASSERT_FALSE(pollutant.ok()) << text;
    EXPECT_EQ(pollutant.error().code(), base::ErrorCode::kInvalidArgument);
    EXPECT_NE(pollutant.error().message().find("PM2.5, PM10, O3, NO2, SO2, CO"), std::string::npos);
  }
  EXPECT_EQ(PollutantOf(85129), std::nullopt);
}

}  // namespace
}  // namespace geoclimate::airquality
