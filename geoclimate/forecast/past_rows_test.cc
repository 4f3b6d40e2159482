#include "geoclimate/forecast/past_rows.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "geoclimate/features/testing/synthetic_history.h"
#include "geoclimate/forecast/recency.h"

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;

const airquality::SiteId kSite = airquality::SiteId::FromParts(36, 1, 2);
const base::LocalDay kDay = base::MakeDay(2020, 3, 1);

features::SiteHistory ValuesOn(std::initializer_list<int> days) {
  features::SiteHistory::Builder builder;
  airquality::Site site;
  site.id = kSite;
  builder.AddSite(site);
  for (const int day : days) {
    builder.Set(Pollutant::kO3, kSite, kDay + std::chrono::days(day), static_cast<float>(day));
  }
  return std::move(builder).Finish();
}

OriginWindow Wide() {
  return {kDay - std::chrono::days(100), kDay + std::chrono::days(100)};
}

TEST(PastRows, ARowNeedsAValueInTheLastSevenDaysAndOneOnItsValidDay) {
  const PastRows rows = FindPastRows(ValuesOn({0, 7, 20}), Pollutant::kO3, 1, Wide());
  // The value of day 7 is the truth of the forecast issued on day 6, whose newest value is six days
  // old; that of day 20 has none within seven days.
  ASSERT_EQ(rows.keys.size(), 1u);
  EXPECT_EQ(rows.keys[0].issue_day, kDay + std::chrono::days(6));
  EXPECT_EQ(rows.targets[0], 7);
}

TEST(PastRows, SevenDaysEndWithTheIssueDay) {
  const PastRows rows = FindPastRows(ValuesOn({0, 8}), Pollutant::kO3, 1, Wide());
  EXPECT_TRUE(rows.keys.empty());
}

TEST(PastRows, TheTargetLiesTheLeadTimeAhead) {
  const PastRows rows = FindPastRows(ValuesOn({0, 1, 2, 3}), Pollutant::kO3, 3, Wide());
  ASSERT_EQ(rows.keys.size(), 1u);
  EXPECT_EQ(rows.keys[0].issue_day, kDay);
  EXPECT_EQ(rows.targets[0], 3);
}

TEST(PastRows, OriginsOutsideTheWindowAreLeftOut) {
  const features::SiteHistory history = ValuesOn({0, 1, 2, 3, 4, 5});
  const PastRows rows = FindPastRows(history, Pollutant::kO3, 1,
                                     {kDay + std::chrono::days(2), kDay + std::chrono::days(3)});
  ASSERT_EQ(rows.keys.size(), 2u);
  EXPECT_EQ(rows.targets, (std::vector<float>{3, 4}));
}

TEST(PastRows, AWindowThatBeginsAfterAValueStillSeesIt) {
  const PastRows rows = FindPastRows(ValuesOn({0, 5}), Pollutant::kO3, 1,
                                     {kDay + std::chrono::days(4), kDay + std::chrono::days(4)});
  EXPECT_EQ(rows.keys.size(), 1u);
}

TEST(PastRows, RowsComeInTheOrderOfDayThenSite) {
  const features::SiteHistory history = features::testing::MakeSyntheticHistory({.days = 200});
  const PastRows rows = FindPastRows(history, Pollutant::kPm25, 2,
                                     {base::MakeDay(2015, 1, 1), base::MakeDay(2015, 6, 1)});
  ASSERT_GT(rows.keys.size(), 100u);
  EXPECT_TRUE(std::ranges::is_sorted(rows.keys, [](const auto& a, const auto& b) {
    return std::pair(a.issue_day, a.site) < std::pair(b.issue_day, b.site);
  }));
  for (std::size_t i = 0; i < rows.keys.size(); ++i) {
    const auto series = history.Get(Pollutant::kPm25, rows.keys[i].site);
    EXPECT_EQ(rows.targets[i], series.At(rows.keys[i].issue_day + std::chrono::days(2)));
    EXPECT_TRUE(NewestValue(series, rows.keys[i].issue_day, kRecent));
  }
}

TEST(PastRows, GasesAreTrainedFrom2000On) {
  EXPECT_EQ(FirstTrainingDay(Pollutant::kSo2), base::MakeDay(2000, 1, 1));
  EXPECT_LT(FirstTrainingDay(Pollutant::kPm25), base::MakeDay(1999, 1, 1));
}

TEST(Recency, TheNewestValueOfTheWindowIsFound) {
  const features::SiteHistory history = ValuesOn({0, 3, 9});
  const auto series = history.Get(Pollutant::kO3, 0);
  EXPECT_EQ(NewestValue(series, kDay + std::chrono::days(8), std::chrono::days(7)),
            kDay + std::chrono::days(3));
  EXPECT_EQ(NewestValue(series, kDay + std::chrono::days(9), std::chrono::days(7)),
            kDay + std::chrono::days(9));
  EXPECT_EQ(NewestValue(series, kDay + std::chrono::days(2), std::chrono::days(2)), std::nullopt);
  EXPECT_EQ(NewestValue({}, kDay, std::chrono::days(7)), std::nullopt);
}

}  // namespace
}  // namespace geoclimate::forecast
