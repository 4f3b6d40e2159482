#include "geoclimate/server/http/background_pool.h"

#include <gtest/gtest.h>

#include <latch>

namespace geoclimate::server::http {
namespace {

ServerOptions OneThreadEach() {
  ServerOptions options;
  options.background_threads = 1;
  options.database_threads = 1;
  options.storage_threads = 1;
  options.background_queue = 1;
  return options;
}

// Two requests that waited for a database that hung left no thread for the metrics.
TEST(BackgroundPools, WhoWaitsForAServiceKeepsNobodyFromWhatNeedsNone) {
  BackgroundPools pools(OneThreadEach());
  std::latch entered(1);
  std::latch released(1);
  ASSERT_TRUE(pools.Of(Execution::kDatabase).TrySubmit([&] {
    entered.count_down();
    released.wait();
  }));
  entered.wait();
  std::latch meanwhile(2);
  EXPECT_TRUE(pools.Of(Execution::kBackground).TrySubmit([&meanwhile] { meanwhile.count_down(); }));
  EXPECT_TRUE(pools.Of(Execution::kStorage).TrySubmit([&meanwhile] { meanwhile.count_down(); }));
  meanwhile.wait();
  released.count_down();
}

TEST(BackgroundPools, EachQueueIsBoundedByItself) {
  BackgroundPools pools(OneThreadEach());
  std::latch entered(1);
  std::latch released(1);
  std::latch done(2);
  BackgroundPool& database = pools.Of(Execution::kDatabase);
  ASSERT_TRUE(database.TrySubmit([&] {
    entered.count_down();
    released.wait();
    done.count_down();
  }));
  entered.wait();
  EXPECT_TRUE(database.TrySubmit([&done] { done.count_down(); }));
  EXPECT_FALSE(database.TrySubmit([] {}));
  std::latch other(1);
  EXPECT_TRUE(pools.Of(Execution::kStorage).TrySubmit([&other] { other.count_down(); }));
  other.wait();
  released.count_down();
  done.wait();
}

TEST(BackgroundPools, AStoppedPoolTakesNothing) {
  BackgroundPools pools(OneThreadEach());
  pools.Stop();
  for (const Execution execution :
       {Execution::kBackground, Execution::kDatabase, Execution::kStorage}) {
    EXPECT_FALSE(pools.Of(execution).TrySubmit([] {}));
  }
}

}  // namespace
}  // namespace geoclimate::server::http
