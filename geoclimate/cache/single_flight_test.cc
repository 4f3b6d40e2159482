#include "geoclimate/cache/single_flight.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

namespace geoclimate::cache {
namespace {

using Flights = SingleFlight<int>;

TEST(SingleFlight, TheFirstLeadsAndAllGetOneAnswer) {
  Flights flights;
  std::vector<int> answers;
  const auto keep = [&](const base::Result<int>& answer) { answers.push_back(*answer); };
  Flights::Joined leader = flights.Join("a", keep);
  ASSERT_TRUE(leader.flight);
  EXPECT_FALSE(flights.Join("a", keep).flight);
  Flights::Joined other = flights.Join("b", keep);
  ASSERT_TRUE(other.flight) << "another key is another flight";
  EXPECT_EQ(flights.in_flight(), 2U);
  leader.flight->Land(7);
  EXPECT_EQ(answers, (std::vector<int>{7, 7}));
  Flights::Joined again = flights.Join("a", keep);
  ASSERT_TRUE(again.flight) << "after it landed the next one leads";
  again.flight->Land(8);
  other.flight->Land(9);
  EXPECT_EQ(answers, (std::vector<int>{7, 7, 8, 9}));
}

TEST(SingleFlight, AnErrorReachesAll) {
  Flights flights;
  int errors = 0;
  const auto count = [&](const base::Result<int>& answer) {
    if (!answer.ok() && answer.error().code() == base::ErrorCode::kUnavailable) ++errors;
  };
  Flights::Joined leader = flights.Join("a", count);
  static_cast<void>(flights.Join("a", count));
  leader.flight->Land(base::Unavailable("down"));
  EXPECT_EQ(errors, 2);
}

TEST(SingleFlight, WorkThatIsGivenUpIsAnErrorForAll) {
  Flights flights;
  int errors = 0;
  const auto count = [&](const base::Result<int>& answer) { errors += answer.ok() ? 0 : 1; };
  {
    const Flights::Joined leader = flights.Join("a", count);
    static_cast<void>(flights.Join("a", count));
  }
  EXPECT_EQ(errors, 2);
  EXPECT_EQ(flights.in_flight(), 0U);
}

TEST(SingleFlight, WhoCancelsIsNotCalledAndTheOthersAre) {
  Flights flights;
  int called = 0;
  const auto count = [&](const base::Result<int>&) { ++called; };
  Flights::Joined leader = flights.Join("a", count);
  const Flights::Joined follower = flights.Join("a", count);
  static_cast<void>(flights.Join("a", count));
  EXPECT_TRUE(flights.Cancel("a", follower.ticket));
  EXPECT_FALSE(flights.Cancel("a", follower.ticket));
  EXPECT_TRUE(flights.Cancel("a", leader.ticket)) << "the leader's wish, not his work";
  leader.flight->Land(1);
  EXPECT_EQ(called, 1);
  EXPECT_FALSE(flights.Cancel("a", leader.ticket));
}

TEST(SingleFlight, ACallbackMayAskAgain) {
  Flights flights;
  int second = 0;
  Flights::Joined leader = flights.Join("a", [&](const base::Result<int>&) {
    Flights::Joined next =
        flights.Join("a", [&](const base::Result<int>& answer) { second = *answer; });
    ASSERT_TRUE(next.flight);
    next.flight->Land(2);
  });
  leader.flight->Land(1);
  EXPECT_EQ(second, 2);
}

// Every callback runs exactly once or was cancelled in time, whatever the threads do.
TEST(SingleFlight, EveryOneIsAnsweredExactlyOnceOrCancelled) {
  constexpr int kThreads = 8;
  constexpr int kSteps = 3000;
  Flights flights;
  std::vector<std::atomic<int>> calls(kThreads * kSteps);
  std::vector<std::atomic<int>> cancelled(kThreads * kSteps);
  std::atomic<int> led = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      for (int step = 0; step < kSteps; ++step) {
        const auto self = static_cast<std::size_t>(t * kSteps + step);
        const int number = static_cast<int>(random() % 3);
        const std::string key = std::to_string(number);
        Flights::Joined joined = flights.Join(key, [&, self, number](const auto& answer) {
          ++calls[self];
          if (answer.ok() && *answer != number) ++wrong;
        });
        if (joined.flight) {
          ++led;
          if (random() % 4 == 0) std::this_thread::yield();
          if (random() % 8 != 0) joined.flight->Land(number);
        } else if (random() % 4 == 0 && flights.Cancel(key, joined.ticket)) {
          ++cancelled[self];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(flights.in_flight(), 0U);
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_GT(led.load(), 0);
  for (std::size_t i = 0; i < calls.size(); ++i) ASSERT_EQ(calls[i] + cancelled[i], 1) << i;
}

}  // namespace
}  // namespace geoclimate::cache
