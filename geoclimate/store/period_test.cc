#include "geoclimate/store/period.h"

#include <gtest/gtest.h>

#include "geoclimate/base/day.h"
#include "geoclimate/store/version.h"

namespace geoclimate::store {
namespace {

using airquality::Duration;

std::int64_t At(int year, unsigned month, unsigned day, int minute = 0) {
  return MinutesOf(base::DayStart(base::MakeDay(year, month, day), {})) + minute;
}

TEST(PeriodOf, ADailyValueBelongsToItsYear) {
  const Period year_2020{2020, At(2020, 1, 1), At(2021, 1, 1)};
  EXPECT_EQ(PeriodOf(At(2020, 1, 1), Duration::kDay), year_2020);
  EXPECT_EQ(PeriodOf(At(2020, 12, 31, 1439), Duration::kDay), year_2020);
  EXPECT_EQ(PeriodOf(At(2021, 1, 1), Duration::kDay).id, 2021);
  EXPECT_EQ(PeriodOf(At(1969, 12, 31, 1439), Duration::kDay).id, 1969);
}

TEST(PeriodOf, AnHourlyValueBelongsToItsMonth) {
  const Period december{202012, At(2020, 12, 1), At(2021, 1, 1)};
  EXPECT_EQ(PeriodOf(At(2020, 12, 31, 1439), Duration::kHour), december);
  EXPECT_EQ(PeriodOf(At(1900, 1, 1), Duration::kHour),
            (Period{190001, At(1900, 1, 1), At(1900, 2, 1)}));
}

TEST(PeriodOf, PeriodsFollowEachOtherWithoutGaps) {
  for (const Duration duration : {Duration::kDay, Duration::kHour}) {
    Period period = PeriodOf(At(1960, 1, 1), duration);
    while (period.from < At(1975, 1, 1)) {
      const Period next = PeriodOf(period.to, duration);
      EXPECT_EQ(next.from, period.to);
      EXPECT_GT(next.id, period.id);
      EXPECT_EQ(PeriodOf(period.to - 1, duration), period);
      period = next;
    }
  }
}

}  // namespace
}  // namespace geoclimate::store
