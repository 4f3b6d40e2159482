#include "geoclimate/airquality/observation.h"

#include <gtest/gtest.h>

namespace geoclimate::airquality {
namespace {

using std::chrono::hours;

TEST(Observation, TheDailyStatisticIsEpas) {
  EXPECT_EQ(DailyStatistic(Pollutant::kPm25), Statistic::kMean);
  EXPECT_EQ(DailyStatistic(Pollutant::kPm10), Statistic::kMean);
  EXPECT_EQ(DailyStatistic(Pollutant::kO3), Statistic::kMax8Hour);
  EXPECT_EQ(DailyStatistic(Pollutant::kCo), Statistic::kMax8Hour);
  EXPECT_EQ(DailyStatistic(Pollutant::kNo2), Statistic::kMax1Hour);
  EXPECT_EQ(DailyStatistic(Pollutant::kSo2), Statistic::kMax1Hour);
}

TEST(Observation, IsKnownOnlyAfterItsDurationAndTheMonitorsLag) {
  ObservationKey key;
  key.start = base::DayStart(base::MakeDay(2020, 7, 1), hours(-8));
  EXPECT_EQ(AvailableAt(key, MonitorKind::kContinuous), key.start + hours(26));
  EXPECT_EQ(AvailableAt(key, MonitorKind::kFilter), key.start + hours(24) + std::chrono::days(30));
  key.duration = Duration::kHour;
  EXPECT_EQ(AvailableAt(key, MonitorKind::kContinuous), key.start + hours(3));
}

TEST(Observation, OnlyFinalParticleValuesOfTheReferenceMethodCountAsFilters) {
  EXPECT_EQ(LikelyMonitorKind(88101, Source::kFinal), MonitorKind::kFilter);
  EXPECT_EQ(LikelyMonitorKind(81102, Source::kFinal), MonitorKind::kFilter);
  EXPECT_EQ(LikelyMonitorKind(88101, Source::kProvisional), MonitorKind::kContinuous);
  EXPECT_EQ(LikelyMonitorKind(88502, Source::kFinal), MonitorKind::kContinuous);
  EXPECT_EQ(LikelyMonitorKind(44201, Source::kFinal), MonitorKind::kContinuous);
}

}  // namespace
}  // namespace geoclimate::airquality
