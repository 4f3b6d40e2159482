#include "geoclimate/forecast/vintage_history.h"

#include <gtest/gtest.h>

#include <cmath>

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;
using airquality::SiteId;
using base::MakeDay;
using std::chrono::days;
using std::chrono::hours;

constexpr SiteId kFirst = SiteId::FromParts(6, 37, 1);
constexpr SiteId kSecond = SiteId::FromParts(6, 37, 2);
constexpr base::LocalDay kDay = MakeDay(2020, 3, 10);

// kFirst: a provisional 9 on the next day, a final 11 a month later. kSecond: a filter's 5, and a
// continuous 7 of the day before.
VintageHistory MakeVintages() {
  VintageHistory::Builder builder;
  airquality::Site site;
  site.id = kSecond;
  builder.AddSite(site);
  site.id = kFirst;
  builder.AddSite(site);
  builder.Add(Pollutant::kPm25, kFirst, kDay, kDay + days(1), 9);
  builder.Add(Pollutant::kPm25, kFirst, kDay, kDay + days(31), 11);
  builder.Add(Pollutant::kPm25, kSecond, kDay - days(1), kDay, 7);
  builder.Add(Pollutant::kPm25, kSecond, kDay, kDay + days(31), 5);
  return std::move(builder).Finish();
}

float ValueIn(const features::SiteHistory& history, std::size_t site, base::LocalDay day) {
  return history.Get(Pollutant::kPm25, site).At(day);
}

TEST(VintageHistory, TheTruthIsTheLastVersion) {
  const VintageHistory vintages = MakeVintages();
  EXPECT_EQ(vintages.truth().sites()[0].id, kFirst);
  EXPECT_EQ(ValueIn(vintages.truth(), 0, kDay), 11);
  EXPECT_EQ(ValueIn(vintages.truth(), 1, kDay), 5);
  EXPECT_EQ(ValueIn(vintages.truth(), 1, kDay - days(1)), 7);
  EXPECT_EQ(vintages.longest_wait(), days(31));
}

TEST(VintageHistory, ADayKnowsOfEachValueTheVersionOfThen) {
  const VintageHistory vintages = MakeVintages();
  struct Expected {
    int after;
    float first;
    float second;
  };
  constexpr float kNone = -1;
  for (const Expected& expected :
       {Expected{0, kNone, kNone}, {1, 9, kNone}, {30, 9, kNone}, {31, 11, 5}, {400, 11, 5}}) {
    const base::LocalDay issue_day = kDay + days(expected.after);
    const features::SiteHistory known = vintages.KnownAt(issue_day);
    ASSERT_EQ(known.sites().size(), 2U);
    for (const std::size_t site : {0U, 1U}) {
      const float value = vintages.ValueKnownAt(Pollutant::kPm25, site, kDay, issue_day);
      const float wanted = site == 0 ? expected.first : expected.second;
      EXPECT_EQ(std::isnan(value) ? kNone : value, wanted) << expected.after;
      const float in_history = ValueIn(known, site, kDay);
      EXPECT_EQ(std::isnan(in_history) ? kNone : in_history, wanted) << expected.after;
    }
  }
}

TEST(VintageHistory, AValueThatWasNeverMeasuredIsNeverKnown) {
  const VintageHistory vintages = MakeVintages();
  EXPECT_TRUE(
      std::isnan(vintages.ValueKnownAt(Pollutant::kPm25, 0, kDay + days(1), kDay + days(900))));
  EXPECT_TRUE(std::isnan(vintages.ValueKnownAt(Pollutant::kO3, 0, kDay, kDay + days(900))));
}

TEST(FirstIssueDayThatKnows, IsTheDayWhoseAfternoonIsNotBefore) {
  const hours pacific(-8);
  const base::Timestamp midnight = base::DayStart(kDay, pacific);
  EXPECT_EQ(FirstIssueDayThatKnows(midnight + hours(15), pacific), kDay);
  EXPECT_EQ(FirstIssueDayThatKnows(midnight + hours(15) + std::chrono::minutes(1), pacific),
            kDay + days(1));
  // What a continuous monitor measured on kDay: 2 hours after its end, so for the next afternoon.
  EXPECT_EQ(FirstIssueDayThatKnows(midnight + hours(26), pacific), kDay + days(1));
  // A filter's: 30 days after its end.
  EXPECT_EQ(FirstIssueDayThatKnows(midnight + hours(24) + days(30), pacific), kDay + days(31));
}

}  // namespace
}  // namespace geoclimate::forecast
