#include "geoclimate/access/activity.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace geoclimate::access {
namespace {

class ActivityTest : public testing::Test {
 protected:
  base::FakeClock clock_{base::Timestamp(std::chrono::hours(100))};
};

TEST_F(ActivityTest, ABurstIsTakenAndComesBackAtTheRate) {
  Activity activity("k", "", {.rate = RateLimitOptions{.requests_per_minute = 60, .burst = 3}},
                    clock_);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(activity.TakeRequest());
  EXPECT_FALSE(activity.TakeRequest());
  const Standing refused = activity.standing();
  EXPECT_TRUE(refused.limited);
  EXPECT_EQ(refused.limit, 60U);
  EXPECT_EQ(refused.remaining, 0U);
  EXPECT_EQ(refused.reset, std::chrono::seconds(3));
  EXPECT_EQ(refused.retry_after, std::chrono::seconds(1));
  clock_.Advance(std::chrono::seconds(2));
  EXPECT_EQ(activity.standing().remaining, 2U);
  EXPECT_TRUE(activity.TakeRequest());
  EXPECT_EQ(activity.totals().requests, 5U);
}

TEST_F(ActivityTest, AKeysOwnRateCountsBeforeTheSettings) {
  Activity activity(
      "k", "",
      {.rate = RateLimitOptions{.requests_per_minute = 60, .burst = 1}, .requests_per_minute = 600},
      clock_);
  EXPECT_TRUE(activity.TakeRequest());
  EXPECT_FALSE(activity.TakeRequest());
  clock_.Advance(std::chrono::milliseconds(100));
  EXPECT_TRUE(activity.TakeRequest());
  EXPECT_EQ(activity.standing().limit, 600U);
}

TEST_F(ActivityTest, ABatchIsAnsweredAndWhoComesNextWaitsForItsRows) {
  Activity activity("k", "", {.rate = RateLimitOptions{.requests_per_minute = 60, .burst = 10}},
                    clock_);
  EXPECT_TRUE(activity.TakeRequest());
  EXPECT_TRUE(activity.CountRows(70));  // 60 more than there are
  EXPECT_FALSE(activity.TakeRequest());
  EXPECT_EQ(activity.standing().retry_after, std::chrono::seconds(61));
  clock_.Advance(std::chrono::seconds(61));
  EXPECT_TRUE(activity.TakeRequest());
  EXPECT_FALSE(activity.TakeRequest());
}

TEST_F(ActivityTest, WithoutARateNothingIsRefused) {
  Activity activity("k", "", {}, clock_);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(activity.TakeRequest());
  EXPECT_FALSE(activity.standing().limited);
  EXPECT_EQ(activity.totals().requests, 1000U);
}

TEST_F(ActivityTest, TheQuotaOfADayCountsWhatOtherProcessesDid) {
  Activity activity("k", "", {.daily_rows = 100}, clock_);
  EXPECT_TRUE(activity.CountRows(40));
  EXPECT_FALSE(activity.CountRows(61));
  EXPECT_TRUE(activity.CountRows(60));
  EXPECT_FALSE(activity.CountRows(1));
  EXPECT_EQ(activity.today().rows, 100U);
  // The next day: another process has used 30 already.
  activity.SetDay({.requests = 1, .rows = 30}, activity.totals());
  EXPECT_EQ(activity.today().rows, 30U);
  EXPECT_TRUE(activity.CountRows(70));
  EXPECT_FALSE(activity.CountRows(1));
}

TEST_F(ActivityTest, ThreadsTogetherTakeNoMoreThanThereIs) {
  Activity activity(
      "k", "",
      {.rate = RateLimitOptions{.requests_per_minute = 1, .burst = 500}, .daily_rows = 300},
      clock_);
  std::atomic<int> taken{0};
  std::atomic<int> rows{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 300; ++k) {
        taken += activity.TakeRequest() ? 1 : 0;
        rows += activity.CountRows(1) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 500);
  EXPECT_EQ(rows, 300);
}

}  // namespace
}  // namespace geoclimate::access
