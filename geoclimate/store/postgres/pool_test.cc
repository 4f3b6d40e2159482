#include "geoclimate/store/postgres/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/store/postgres/testing/postgres_server.h"

namespace geoclimate::store::postgres {
namespace {

using std::chrono::milliseconds;

class PostgresPool : public ::testing::Test {
 protected:
  PostgresPool() {
    auto target = Target::Parse(database_.url());
    GC_CHECK(target.ok(), "the server's URL is one");
    target_ = *std::move(target);
    // By itself it does nothing within a test.
    options_.health_check_interval = std::chrono::hours(1);
    // Nor does a busy machine decide one.
    options_.acquire_timeout = std::chrono::minutes(5);
  }
  void Open() {
    auto pool = Pool::Open(target_, options_, connection_, log_,
                           {.metrics = &metrics_, .breaker = breaker_.get()});
    GC_CHECK(pool.ok(), pool.error().ToString().c_str());
    pool_ = *std::move(pool);
  }
  Lease MustAcquire() {
    auto lease = pool_->Acquire();
    GC_CHECK(lease.ok(), lease.error().ToString().c_str());
    return *std::move(lease);
  }
  void EndBackend(int pid) {
    // From another session, and waited for: the next question meets a closed connection.
    database_.Execute("SELECT pg_terminate_backend(" + std::to_string(pid) + ", 60000)");
  }

  TestDatabase database_;
  Target target_;
  PostgresPoolOptions options_;
  ConnectionOptions connection_;
  telemetry::MetricRegistry metrics_;
  QueryLog log_{&metrics_, milliseconds(0)};
  std::unique_ptr<resilience::CircuitBreaker> breaker_;
  std::unique_ptr<Pool> pool_;
};

TEST_F(PostgresPool, LendsAConnectionAgain) {
  Open();
  const int backend = MustAcquire()->backend();
  EXPECT_EQ(MustAcquire()->backend(), backend);
  EXPECT_EQ(pool_->opened(), 1U);
}

TEST_F(PostgresPool, RefusesWhoWaitedTooLongAndSaysWhatToDo) {
  options_.max_size = 2;
  options_.acquire_timeout = std::chrono::seconds(5);
  Open();
  const Lease first = MustAcquire();
  const Lease second = MustAcquire();
  const auto third = pool_->Acquire();
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error().code(), base::ErrorCode::kUnavailable);
  EXPECT_NE(third.error().message().find("database.pool.max_size"), std::string::npos);
}

TEST_F(PostgresPool, ManyThreadsShareFewConnections) {
  options_.max_size = 3;
  Open();
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 25; ++round) {
        Lease lease = MustAcquire();
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        EXPECT_TRUE(lease->RunOne({"ping", {}}).ok());
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 3);
  EXPECT_LE(pool_->opened(), 3U);
  EXPECT_EQ(pool_->size().in_use, 0U);
}

TEST_F(PostgresPool, WhoWaitsGetsAConnectionInTheOrderOfComing) {
  options_.max_size = 1;
  Open();
  std::vector<int> order;
  std::vector<std::thread> threads;
  threads.reserve(4);
  {
    const Lease held = MustAcquire();
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        const Lease lease = MustAcquire();
        order.push_back(i);  // one at a time has the connection
      });
      while (pool_->size().waiting != static_cast<std::size_t>(i) + 1) std::this_thread::yield();
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST_F(PostgresPool, TheBreakerOpensWhenConnectionsBreakAndRefusesAtOnce) {
  const base::FakeClock clock{base::Timestamp(std::chrono::hours(1))};
  resilience::CircuitBreakerOptions options;
  options.window_calls = 4;
  options.min_calls = 4;
  breaker_ = std::make_unique<resilience::CircuitBreaker>("database", options, clock);
  Open();
  while (breaker_->state() == resilience::BreakerState::kClosed) {
    Lease lease = MustAcquire();
    EndBackend(lease->backend());
    EXPECT_FALSE(lease->RunOne({"ping", {}}).ok());
  }
  const auto refused = pool_->Acquire();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::ErrorCode::kUnavailable);
  EXPECT_EQ(breaker_->state(), resilience::BreakerState::kOpen);
  EXPECT_EQ(breaker_->refused(), 1U);
  pool_.reset();
}

TEST_F(PostgresPool, AConnectionThatWasCutWhileIdleIsNotLent) {
  Open();
  EndBackend(MustAcquire()->backend());
  Lease lease = MustAcquire();
  EXPECT_TRUE(lease->RunOne({"ping", {}}).ok());
  EXPECT_EQ(pool_->opened(), 2U);
}

TEST_F(PostgresPool, AConnectionThatIsCutInUseFailsOnceAndIsReplaced) {
  Open();
  {
    Lease lease = MustAcquire();
    EndBackend(lease->backend());
    const auto rows = lease->RunOne({"ping", {}});
    ASSERT_FALSE(rows.ok());
    EXPECT_EQ(rows.error().code(), base::ErrorCode::kUnavailable);
    EXPECT_TRUE(lease->broken());
  }
  EXPECT_EQ(pool_->size().idle, 0U);
  EXPECT_TRUE(MustAcquire()->RunOne({"ping", {}}).ok());
}

TEST_F(PostgresPool, AConnectionGivenBackWithinATransactionIsClosed) {
  Open();
  ASSERT_TRUE(MustAcquire()->RunOne({"begin_read", {}}).ok());
  EXPECT_EQ(pool_->size().idle, 0U);
}

TEST_F(PostgresPool, TheHealthCheckKeepsTheMinimumAndClosesWhatNobodyWants) {
  options_.min_size = 2;
  options_.idle_limit = std::chrono::seconds(0);
  Open();
  {
    const Lease a = MustAcquire();
    const Lease b = MustAcquire();
    const Lease c = MustAcquire();
    const Lease d = MustAcquire();
  }
  EXPECT_EQ(pool_->size().idle, 4U);
  pool_->CheckHealth();
  EXPECT_EQ(pool_->size().idle, 2U);
}

TEST_F(PostgresPool, TheHealthCheckReplacesWhatWasCut) {
  options_.min_size = 2;
  Open();
  pool_->CheckHealth();
  ASSERT_EQ(pool_->size().idle, 2U);
  EndBackend(MustAcquire()->backend());
  const std::uint64_t before = pool_->opened();
  pool_->CheckHealth();
  EXPECT_EQ(pool_->size().idle, 2U);
  EXPECT_GT(pool_->opened(), before);
  EXPECT_TRUE(MustAcquire()->RunOne({"ping", {}}).ok());
}

TEST_F(PostgresPool, ShowsItsConnections) {
  options_.max_size = 7;
  Open();
  const Lease lease = MustAcquire();
  std::string text;
  metrics_.Render(telemetry::Exposition::kPrometheus, text);
  EXPECT_NE(text.find("database_connections{state=\"in_use\"} 1"), std::string::npos) << text;
  EXPECT_NE(text.find("database_connections{state=\"max\"} 7"), std::string::npos);
}

TEST_F(PostgresPool, AServerThatCannotBeReachedIsNamedWithoutThePassword) {
  const auto target = Target::Parse("postgresql://geo:hunter2@/air?host=/nowhere&port=1");
  ASSERT_TRUE(target.ok());
  const auto pool = Pool::Open(*target, options_, connection_, log_, {});
  ASSERT_FALSE(pool.ok());
  EXPECT_EQ(pool.error().code(), base::ErrorCode::kUnavailable);
  EXPECT_NE(pool.error().message().find("/nowhere"), std::string::npos);
  EXPECT_EQ(pool.error().ToString().find("hunter2"), std::string::npos);
}

TEST_F(PostgresPool, AUrlThatIsNoneIsNotRepeated) {
  const auto target = Target::Parse("postgresql://geo:hunter2@host:port:5/%zz");
  ASSERT_FALSE(target.ok());
  EXPECT_EQ(target.error().ToString().find("hunter2"), std::string::npos);
}

TEST_F(PostgresPool, AStatementThatTakesTooLongIsEndedByTheServer) {
  Open();
  Lease lease = MustAcquire();
  ASSERT_TRUE(lease->Execute("SET statement_timeout = 30", "set").ok());
  const auto slept = lease->Execute("SELECT pg_sleep(600)", "sleep");
  ASSERT_FALSE(slept.ok());
  EXPECT_EQ(slept.error().code(), base::ErrorCode::kUnavailable);
  EXPECT_NE(slept.error().message().find("57014"), std::string::npos);
  EXPECT_FALSE(lease->broken());
}

// Nobody waits for ever for a server that is stopped.
TEST_F(PostgresPool, AServerThatDoesNotAnswerBreaksTheConnection) {
  connection_.statement_timeout = std::chrono::seconds(3);
  Open();
  Lease lease = MustAcquire();
  const int backend = lease->backend();
  ASSERT_EQ(::kill(backend, SIGSTOP), 0);
  const auto rows = lease->RunOne({"ping", {}});
  ASSERT_EQ(::kill(backend, SIGCONT), 0);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().code(), base::ErrorCode::kUnavailable);
  EXPECT_TRUE(lease->broken());
}

TEST_F(PostgresPool, AnErrorInAPipelineLeavesTheConnectionUsable) {
  Open();
  Lease lease = MustAcquire();
  std::vector<Call> calls;
  calls.push_back({"ping", {}});
  calls.push_back({"all_sites", {}});  // there are no tables
  calls.push_back({"ping", {}});
  const auto rows = lease->Run(std::move(calls));
  ASSERT_FALSE(rows.ok());
  EXPECT_NE(rows.error().message().find("all_sites"), std::string::npos);
  EXPECT_FALSE(lease->broken());
  EXPECT_TRUE(lease->RunOne({"ping", {}}).ok());
}

TEST_F(PostgresPool, SlowStatementsAreCountedAndExplained) {
  QueryLog log(&metrics_, milliseconds(1));
  EXPECT_FALSE(log.Observe("ping", std::chrono::microseconds(900)));
  EXPECT_TRUE(log.Observe("ping", milliseconds(1)));
  EXPECT_TRUE(log.WantsPlan("ping"));
  EXPECT_FALSE(log.WantsPlan("ping")) << "once a minute";
  std::string text;
  metrics_.Render(telemetry::Exposition::kPrometheus, text);
  EXPECT_NE(text.find("database_slow_queries_total 1"), std::string::npos);
  EXPECT_NE(text.find("database_query_duration_seconds_count{query=\"ping\"} 2"),
            std::string::npos);
  EXPECT_EQ(PlanInShort("Nested Loop  (cost=0.28..8.31 rows=1 width=8)\n"
                        "  ->  Seq Scan on sites s  (cost=0.00..1.00 rows=1 width=4)\n"
                        "        Filter: (id = 1)\n"),
            "Nested Loop > Seq Scan on sites s");
}

}  // namespace
}  // namespace geoclimate::store::postgres
