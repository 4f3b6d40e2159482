#include "geoclimate/service/site_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/service/testing/platform.h"

namespace geoclimate::service {
namespace {

using airquality::Source;

const base::LocalDay kDay = base::MakeDay(2020, 12, 31);
constexpr std::chrono::days kOneDay{1};

class SiteValuesTest : public testing::Test {
 protected:
  CurrentValues Current(base::LocalDay as_of) {
    const auto sites = Sites::Start(*platform_.stores.observations, std::chrono::hours(1));
    const auto directory = (*sites)->Directory();
    auto current = values_.Current(*directory->Find(site_.id), as_of,
                                   base::DayStart(as_of + kOneDay, site_.utc_offset));
    EXPECT_TRUE(current.ok()) << current.error().ToString();
    return *std::move(current);
  }
  std::vector<double> History(base::LocalDay from, base::LocalDay to, base::Timestamp received_by) {
    std::vector<double> values;
    const auto visited = values_.VisitHistory(
        site_, {.pollutant = {}, .from = from, .to = to, .received_by = received_by},
        [&values](const HistoryValue& value) {
          values.push_back(value.observation.value.value());
        });
    EXPECT_TRUE(visited.ok()) << visited.error().ToString();
    return values;
  }

  TestPlatform platform_;
  airquality::Site site_ = ExampleSite(1);
  SiteValues values_{*platform_.stores.observations};
};

TEST_F(SiteValuesTest, TheHighestMonitorOfTheNewestDayIsShown) {
  platform_.AddPm25(site_, kDay - kOneDay, 90);
  platform_.AddPm25(site_, kDay, 12, 1);
  platform_.AddPm25(site_, kDay, 36, 2);
  const CurrentValues current = Current(kDay);
  ASSERT_EQ(current.values.size(), 1U);
  EXPECT_EQ(current.values[0].value.value(), 36);
  EXPECT_EQ(current.values[0].day, kDay);
  ASSERT_TRUE(current.overall);
  EXPECT_EQ(current.overall->aqi, 102);
  EXPECT_EQ(current.day, kDay);
}

TEST_F(SiteValuesTest, TheSourceIsThatOfTheRowShown) {
  platform_.AddPm25(site_, kDay, 36, 1, Source::kProvisional);
  const base::Timestamp first = platform_.clock.Now();
  platform_.clock.Advance(std::chrono::hours(1));
  platform_.AddPm25(site_, kDay, 36, 2, Source::kFinal);
  CurrentValue shown = Current(kDay).values[0];
  EXPECT_EQ(shown.source, Source::kFinal);
  EXPECT_EQ(shown.received_at, platform_.clock.Now());
  EXPECT_NE(shown.received_at, first);
}

TEST_F(SiteValuesTest, NothingAfterAsOfIsSeen) {
  platform_.AddPm25(site_, kDay - kOneDay * 5, 10);
  platform_.AddPm25(site_, kDay, 36);
  EXPECT_EQ(Current(kDay - kOneDay).values[0].value.value(), 10);
  EXPECT_EQ(Current(kDay - kOneDay * 6).values.size(), 0U);
  EXPECT_FALSE(Current(kDay - kOneDay * 6).overall);
}

TEST_F(SiteValuesTest, HistoryGivesTheFinalValueOnceThereIsOne) {
  platform_.AddPm25(site_, kDay, 10, 1, Source::kProvisional);
  const base::Timestamp before = platform_.clock.Now();
  platform_.clock.Advance(std::chrono::hours(1));
  platform_.AddPm25(site_, kDay, 11, 1, Source::kFinal);
  platform_.clock.Advance(std::chrono::hours(1));
  platform_.AddPm25(site_, kDay, 12, 1, Source::kProvisional);
  EXPECT_THAT(History(kDay, kDay, platform_.clock.Now()), testing::ElementsAre(11));
  EXPECT_THAT(History(kDay, kDay, before), testing::ElementsAre(10));
}

TEST_F(SiteValuesTest, HistoryGivesTheNewestOfEqualRankAndBothDaysOfItsRange) {
  platform_.AddPm25(site_, kDay - kOneDay, 1);
  platform_.AddPm25(site_, kDay, 2);
  platform_.clock.Advance(std::chrono::hours(1));
  platform_.AddPm25(site_, kDay, 3);
  platform_.AddPm25(site_, kDay + kOneDay, 4);
  EXPECT_THAT(History(kDay - kOneDay, kDay, platform_.clock.Now()), testing::ElementsAre(1, 3));
}

}  // namespace
}  // namespace geoclimate::service
