#include "geoclimate/service/live_values.h"

#include <gtest/gtest.h>

#include "geoclimate/service/site_values.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::service {
namespace {

using airquality::NowCastMethod;
using airquality::Pollutant;
using airquality::Source;
using std::chrono::hours;
using std::chrono::minutes;

constexpr airquality::ParameterCode kPm25 = 88101;
constexpr airquality::ParameterCode kPm10 = 81102;
constexpr airquality::ParameterCode kOzone = 44201;
constexpr airquality::ParameterCode kNo2 = 42602;
constexpr airquality::ParameterCode kCo = 42101;

class LiveValuesTest : public testing::Test {
 protected:
  struct Hour {
    airquality::ParameterCode parameter = kPm25;
    int ago = 0;  // 0 is the newest hour that is over
    double value = 0;
    std::uint16_t poc = 0;
    Source source = Source::kProvisional;
    std::uint8_t completeness = airquality::kCompletenessUnknown;
  };

  void Add(const Hour& hour) {
    airquality::Observation observation;
    observation.key = {.site = site_.id,
                       .parameter = hour.parameter,
                       .poc = hour.poc,
                       .start = now_ - minutes(20) - hours(1 + hour.ago),
                       .duration = airquality::Duration::kHour};
    observation.value = airquality::Concentration::FromDouble(hour.value);
    observation.source = hour.source;
    observation.completeness = hour.completeness;
    auto writer = platform_.stores.observations->BeginWrite("airnow");
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->PutSites({&site_, 1}).ok());
    ASSERT_TRUE((*writer)->Append({&observation, 1}, {}).ok());
    ASSERT_TRUE((*writer)->Commit().ok());
    platform_.clock.Advance(std::chrono::seconds(1));
  }
  void AddFlat(airquality::ParameterCode parameter, double value, int count = 12,
               std::uint16_t poc = 0) {
    for (int i = 0; i < count; ++i)
      Add({.parameter = parameter, .ago = i, .value = value, .poc = poc});
  }
  std::vector<LiveValue> Live(base::Timestamp now) {
    auto live = FindLiveValues(*platform_.stores.observations, site_.id, now);
    EXPECT_TRUE(live.ok()) << live.error().ToString();
    return *std::move(live);
  }

  TestPlatform platform_;
  airquality::Site site_ = ExampleSite(1);
  // 14:20 of a day.
  const base::Timestamp now_ =
      base::DayStart(base::MakeDay(2020, 12, 31), hours(0)) + hours(14) + minutes(20);
};

TEST_F(LiveValuesTest, ParticlesHaveTheNowCastOfTheirHours) {
  const std::vector<std::optional<double>> hours_of = {30.5, 12.5, {},   30,   32.4, 31.1,
                                                       28.2, 30.7, 32.8, 32.6, 33.1, 28.5};
  for (int i = 0; i < 12; ++i) {
    if (hours_of[static_cast<std::size_t>(i)]) {
      Add({.ago = i, .value = *hours_of[static_cast<std::size_t>(i)]});
    }
  }
  const auto live = Live(now_);
  ASSERT_EQ(live.size(), 1U);
  EXPECT_EQ(live[0].value.ToString(), "25.3") << "25.387, truncated";
  EXPECT_EQ(live[0].nowcast, NowCastMethod::kWeighted);
  EXPECT_EQ(live[0].aqi.aqi, 81);
  EXPECT_EQ(base::FormatTimestamp(live[0].hour), "2020-12-31T13:00:00Z");
}

TEST_F(LiveValuesTest, OzoneHasItsSurrogateNitrogenDioxideItsHourAndCarbonMonoxideNothing) {
  AddFlat(kOzone, 0.060);
  AddFlat(kNo2, 40);
  AddFlat(kCo, 1);
  const auto live = Live(now_);
  ASSERT_EQ(live.size(), 2U);
  EXPECT_EQ(live[0].aqi.pollutant, Pollutant::kO3);
  EXPECT_EQ(live[0].nowcast, NowCastMethod::kOzoneSurrogate);
  EXPECT_EQ(live[0].value.ToString(), "0.055") << "0.85 x 60 + 4.5 ppb, truncated";
  EXPECT_EQ(live[1].aqi.pollutant, Pollutant::kNo2);
  EXPECT_FALSE(live[1].nowcast);
  EXPECT_EQ(live[1].value.value(), 40);
}

TEST_F(LiveValuesTest, HoursThatAreTooOldAreNotLive) {
  AddFlat(kPm25, 10);
  EXPECT_EQ(Live(now_ + hours(3)).size(), 1U) << "ended three hours ago";
  EXPECT_EQ(Live(now_ + hours(4)).size(), 0U);
  EXPECT_EQ(Live(now_ - hours(2)).size(), 1U);
  EXPECT_EQ(base::FormatTimestamp(Live(now_ - hours(2))[0].hour), "2020-12-31T11:00:00Z")
      << "an hour that is not over is not seen";
}

TEST_F(LiveValuesTest, TheHighestMonitorIsShown) {
  AddFlat(kPm25, 10, 12, 1);
  AddFlat(kPm25, 40, 12, 2);
  AddFlat(kPm25, 20, 12, 3);
  ASSERT_EQ(Live(now_).size(), 1U);
  EXPECT_EQ(Live(now_)[0].value.value(), 40);
}

TEST_F(LiveValuesTest, ACorrectionReplacesAnHourAndAFinalValueBoth) {
  AddFlat(kNo2, 40, 1);
  Add({.parameter = kNo2, .value = 50});
  EXPECT_EQ(Live(now_)[0].value.value(), 50);
  Add({.parameter = kNo2, .value = 45, .source = Source::kFinal});
  Add({.parameter = kNo2, .value = 60});
  EXPECT_EQ(Live(now_)[0].value.value(), 45);
}

TEST_F(LiveValuesTest, HoursThatWereHardlyMeasuredDoNotCount) {
  Add({.parameter = kPm10, .ago = 0, .value = 900, .completeness = 74});
  Add({.parameter = kPm10, .ago = 1, .value = 30, .completeness = 75});
  EXPECT_EQ(Live(now_).size(), 0U) << "two of the three newest are needed";
  Add({.parameter = kPm10, .ago = 2, .value = 30});
  ASSERT_EQ(Live(now_).size(), 1U);
  EXPECT_EQ(Live(now_)[0].value.value(), 30);
}

TEST_F(LiveValuesTest, LiveValuesTakeThePlaceOfDays) {
  platform_.AddPm25(site_, base::MakeDay(2020, 12, 30), 90);
  AddFlat(kPm25, 12);
  const auto sites = Sites::Start(*platform_.stores.observations, hours(1));
  const auto directory = (*sites)->Directory();
  const SiteValues values(*platform_.stores.observations);
  const ListedSite& listed = *directory->Find(site_.id);
  const auto current = values.Current(listed, base::MakeDay(2020, 12, 30), now_);
  ASSERT_EQ(current->values.size(), 1U);
  EXPECT_EQ(current->values[0].method, airquality::Method::kNowcast);
  EXPECT_EQ(current->values[0].value.value(), 12);
  EXPECT_EQ(current->day, base::MakeDay(2020, 12, 31));
  EXPECT_EQ(current->overall->aqi, 56);
  const auto later = values.Current(listed, base::MakeDay(2020, 12, 30), now_ + hours(9));
  EXPECT_EQ(later->values[0].method, airquality::Method::kObserved) << "the hours are old by then";
  EXPECT_EQ(later->values[0].value.value(), 90);
}

}  // namespace
}  // namespace geoclimate::service
