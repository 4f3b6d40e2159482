#include "geoclimate/airquality/concentration.h"

#include <gtest/gtest.h>

namespace geoclimate::airquality {
namespace {

TEST(Concentration, ParsesDecimalsExactly) {
  EXPECT_EQ(Concentration::Parse("12.5")->micro(), 12'500'000);
  EXPECT_EQ(Concentration::Parse(" 0.035 ")->micro(), 35'000);
  EXPECT_EQ(Concentration::Parse("-0.002118")->micro(), -2'118);
  EXPECT_EQ(Concentration::Parse("7")->micro(), 7'000'000);
  EXPECT_EQ(Concentration::Parse(".5")->micro(), 500'000);
  EXPECT_EQ(Concentration::Parse("0.1234565")->micro(), 123'457);
  EXPECT_EQ(Concentration::Parse("-0.1234565")->micro(), -123'457);
  EXPECT_EQ(Concentration::Parse("1e-3")->micro(), 1'000);
}

TEST(Concentration, RefusesWhatIsNotAFiniteNumber) {
  for (const char* text : {"", ".", "-", "abc", "1.2.3", "nan", "inf", "1,5", "12x", "0x10", "--1",
                           "+-1", "-+1", "++1"}) {
    const base::Result<Concentration> result = Concentration::Parse(text);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error().code(), base::ErrorCode::kInvalidArgument) << text;
  }
  EXPECT_EQ(Concentration::Parse("1e400").error().code(), base::ErrorCode::kOutOfRange);
  EXPECT_EQ(Concentration::Parse("99999999999999999999").error().code(),
            base::ErrorCode::kOutOfRange);
}

TEST(Concentration, PrintsTheShortestDecimal) {
  for (const char* text : {"12.5", "-0.002118", "7", "0", "-3", "0.041667"}) {
    EXPECT_EQ(Concentration::Parse(text)->ToString(), text);
  }
}

TEST(Concentration, ItsDoubleIsTheOneNearestToItsText) {
  EXPECT_EQ(Concentration::Parse("0.035")->value(), 0.035);
  EXPECT_EQ(Concentration::Parse("0.3")->value(), 0.3);
  EXPECT_EQ(Concentration::Parse("-104.7")->value(), -104.7);
}

TEST(Concentration, FromDoubleFindsTheDecimalThatWasMeant) {
  EXPECT_EQ(Concentration::FromDouble(0.3), *Concentration::Parse("0.3"));
  EXPECT_EQ(Concentration::FromDouble(10.2), *Concentration::Parse("10.2"));
}

}  // namespace
}  // namespace geoclimate::airquality
