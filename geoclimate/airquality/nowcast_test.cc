#include "geoclimate/airquality/nowcast.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace geoclimate::airquality {
namespace {

using Hours = std::array<std::optional<Concentration>, kNowCastHours>;

Hours Steady(Concentration value) {
  Hours hours;
  hours.fill(value);
  return hours;
}

TEST(NowCast, ASteadyWindowGivesItsValueBackAtEveryStep) {
  for (std::int64_t tenths = 0; tenths <= 6'000; ++tenths) {
    const Concentration value = Concentration::FromMicro(tenths * 100'000);
    ASSERT_EQ(ParticleNowCast(Pollutant::kPm25, Steady(value))->value, value) << tenths;
  }
}

TEST(NowCast, NeverLeavesTheRangeOfItsHours) {
  Hours hours;
  std::uint32_t state = 7;
  for (int round = 0; round < 2'000; ++round) {
    Concentration lowest = Concentration::FromMicro(std::numeric_limits<std::int64_t>::max());
    Concentration highest;
    for (std::optional<Concentration>& hour : hours) {
      state = state * 1'664'525u + 1'013'904'223u;
      hour = Concentration::FromMicro(std::int64_t{state >> 8} * 100'000 / 1'000);
      lowest = std::min(lowest, *hour);
      highest = std::max(highest, *hour);
    }
    const Concentration value = ParticleNowCast(Pollutant::kPm25, hours)->value;
    ASSERT_LE(value, highest);
    ASSERT_GE(value.micro(), lowest.micro() - 100'000) << "but for truncation";
  }
}

TEST(NowCast, AbsurdHoursDoNotOverflow) {
  Hours hours = Steady(Concentration::FromMicro(std::numeric_limits<std::int64_t>::max()));
  EXPECT_GT(ParticleNowCast(Pollutant::kPm10, hours)->value.micro(), 0);
  EXPECT_GT(OzoneNowCast(hours)->value.micro(), 0);
  hours = Steady(Concentration::FromMicro(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(ParticleNowCast(Pollutant::kPm10, hours)->value, Concentration());
  EXPECT_EQ(OzoneNowCast(hours)->value, Concentration());
}

TEST(NowCast, OzoneIsLabelledAsTheSurrogateThatItIs) {
  const std::optional<NowCast> ozone = OzoneNowCast(Steady(Concentration::FromDouble(0.05)));
  EXPECT_EQ(ozone->method, NowCastMethod::kOzoneSurrogate);
  EXPECT_EQ(NowCastMethodName(ozone->method), "nowcast (ozone surrogate)");
  EXPECT_EQ(NowCastMethodName(NowCastMethod::kWeighted), "nowcast");
}

TEST(NowCast, GasesButOzoneHaveNone) {
  const Hours hours = Steady(Concentration::FromDouble(1));
  for (const Pollutant pollutant : {Pollutant::kNo2, Pollutant::kSo2, Pollutant::kCo}) {
    EXPECT_FALSE(HasNowCast(pollutant));
    EXPECT_FALSE(ComputeNowCast(pollutant, hours));
  }
}

}  // namespace
}  // namespace geoclimate::airquality
