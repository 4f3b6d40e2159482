#include "geoclimate/redis/connection_pool.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/redis/testing/redis_server.h"
#include "geoclimate/redis/testing/scripted_server.h"

namespace geoclimate::redis {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RedisServer;
using testing::ScriptedServer;

class ConnectionPoolTest : public ::testing::Test {
 protected:
  static ConnectionPoolOptions Options() {
    ConnectionPoolOptions options;
    options.max_connections = 2;
    options.connect_timeout = std::chrono::minutes(1);
    options.first_pause = milliseconds(1);
    options.longest_pause = milliseconds(2);
    return options;
  }
  base::Deadline Patience() const { return base::Deadline::After(clock_, std::chrono::minutes(1)); }
  base::Deadline Soon() const { return base::Deadline::After(clock_, milliseconds(20)); }
  static CommandBatch Commands(std::initializer_list<std::string_view> words) {
    CommandBatch batch;
    batch.Add(words);
    return batch;
  }
  std::string Metrics() const {
    std::string text;
    metrics_.Render(telemetry::Exposition::kPrometheus, text);
    return text;
  }
  // Until the pool's pause after a failure is over.
  base::Result<std::vector<Reply>> Eventually(ConnectionPool& pool, const CommandBatch& batch) {
    while (true) {
      auto replies = pool.Exchange(batch, Patience());
      if (replies.ok()) return replies;
    }
  }

  base::SystemClock clock_;
  telemetry::MetricRegistry metrics_;
};

TEST_F(ConnectionPoolTest, CommandsThatGoTogetherAreAnsweredInOrder) {
  const RedisServer server;
  ConnectionPool pool(server.endpoint(), Options(), clock_, metrics_);
  CommandBatch batch;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = fmt::format("key{}", i);
    const std::string value(static_cast<std::size_t>(i), '\0');
    batch.Add({"SET", key, value, "EX", "300"});
    batch.Add({"GET", key});
  }
  const auto replies = pool.Exchange(batch, Patience());
  ASSERT_TRUE(replies.ok()) << replies.error().ToString();
  ASSERT_EQ(replies->size(), 2000U);
  for (std::size_t i = 0; i < 1000; ++i) {
    EXPECT_TRUE((*replies)[2 * i].IsStatus("OK"));
    EXPECT_EQ((*replies)[2 * i + 1].text.size(), i);
  }
  EXPECT_EQ(pool.counts().idle, 1U);
  EXPECT_THAT(Metrics(), HasSubstr("redis_connections{state=\"idle\"} 1"));
  EXPECT_THAT(Metrics(), HasSubstr("redis_exchanges_total{outcome=\"ok\"} 1"));
}

TEST_F(ConnectionPoolTest, ACommandThatIsRefusedIsAReplyAndNoError) {
  const RedisServer server;
  ConnectionPool pool(server.endpoint(), Options(), clock_, metrics_);
  CommandBatch batch = Commands({"NOSUCHCOMMAND"});
  batch.Add({"PING"});
  const auto replies = pool.Exchange(batch, Patience());
  ASSERT_TRUE(replies.ok());
  EXPECT_EQ((*replies)[0].ErrorKind(), "ERR");
  EXPECT_TRUE((*replies)[1].IsStatus("PONG"));
}

TEST_F(ConnectionPoolTest, UserPasswordAndDatabaseAreThoseOfTheEndpoint) {
  const RedisServer server({"--user", "gc", "on", ">geheim", "~*", "+@all"});
  Endpoint endpoint = server.endpoint();
  endpoint.user = "gc";
  endpoint.password = "geheim";
  endpoint.database = 3;
  ConnectionPool pool(endpoint, Options(), clock_, metrics_);
  const auto replies = pool.Exchange(Commands({"CLIENT", "INFO"}), Patience());
  ASSERT_TRUE(replies.ok()) << replies.error().ToString();
  EXPECT_THAT((*replies)[0].text, HasSubstr(" db=3 "));
  EXPECT_THAT((*replies)[0].text, HasSubstr(" user=gc "));

  endpoint.password = "erraten";
  ConnectionPool stranger(endpoint, Options(), clock_, metrics_);
  const auto refused = stranger.Exchange(Commands({"GET", "a"}), Patience());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::ErrorCode::kUnauthenticated);
  EXPECT_THAT(refused.error().ToString(), Not(HasSubstr("erraten")));
}

// A reply that comes after its deadline must not be taken for that of the next command.
TEST_F(ConnectionPoolTest, ALateAnswerIsNobodysAnswer) {
  RedisServer server;
  ConnectionPool pool(server.endpoint(), Options(), clock_, metrics_);
  ASSERT_TRUE(pool.Exchange(Commands({"SET", "a", "1"}), Patience()).ok());
  server.Pause();
  const auto late = pool.Exchange(Commands({"GET", "a"}), Soon());
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code(), base::ErrorCode::kDeadlineExceeded);
  server.Resume();
  const auto replies = Eventually(pool, Commands({"ECHO", "b"}));
  EXPECT_EQ((*replies)[0].text, "b");
  EXPECT_THAT(Metrics(), HasSubstr("redis_exchanges_total{outcome=\"timeout\"} 1"));
}

TEST_F(ConnectionPoolTest, AServerThatStartsAgainIsFoundAgain) {
  RedisServer server;
  ConnectionPool pool(server.endpoint(), Options(), clock_, metrics_);
  ASSERT_TRUE(pool.Exchange(Commands({"PING"}), Patience()).ok());
  server.Stop();
  const auto gone = pool.Exchange(Commands({"PING"}), Patience());
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code(), base::ErrorCode::kUnavailable);
  server.Start();
  EXPECT_TRUE(Eventually(pool, Commands({"PING"})).ok());
}

// The server that was restarted closed the idle connections: nobody's command is lost for it.
TEST_F(ConnectionPoolTest, AnIdleConnectionThatWasClosedIsNotUsed) {
  RedisServer server;
  ConnectionPool pool(server.endpoint(), Options(), clock_, metrics_);
  ASSERT_TRUE(pool.Exchange(Commands({"PING"}), Patience()).ok());
  server.Stop();
  server.Start();
  EXPECT_TRUE(pool.Exchange(Commands({"PING"}), Patience()).ok());
}

TEST_F(ConnectionPoolTest, AServerThatCannotBeReachedRefusesAtOnce) {
  Endpoint nowhere;
  nowhere.transport = Endpoint::Transport::kUnix;
  nowhere.socket_path = "/nonexistent/redis.sock";
  ConnectionPoolOptions options = Options();
  options.first_pause = options.longest_pause = std::chrono::hours(1);
  ConnectionPool pool(nowhere, options, clock_, metrics_);
  for (int i = 0; i < 10; ++i) {
    const auto refused = pool.Exchange(Commands({"PING"}), base::Deadline::Never());
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), base::ErrorCode::kUnavailable);
  }
  EXPECT_THAT(Metrics(), HasSubstr("redis_exchanges_total{outcome=\"unreachable\"} 10"));
}

TEST_F(ConnectionPoolTest, ThreadsShareAFewConnectionsAndNobodyGetsAnothersAnswer) {
  const RedisServer server;
  ConnectionPool pool(server.endpoint(), Options(), clock_, metrics_);
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string word = fmt::format("{}/{}", t, i);
        const auto replies = pool.Exchange(Commands({"ECHO", word}), Patience());
        if (replies.ok() && (*replies)[0].text == word) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 1600);
  EXPECT_LE(pool.counts().idle, 2U);
  EXPECT_EQ(pool.counts().in_use, 0U);
}

TEST_F(ConnectionPoolTest, RubbishIsAnErrorAndTheConnectionIsNotUsedAgain) {
  const std::string endless = "$100000000\r\n" + std::string(5 << 20, 'x');
  for (const std::string& rubbish :
       {std::string("<html>"), std::string("$-7\r\n"), std::string("*2000000000\r\n"), endless,
        std::string("+OK\r\n+and more\r\n"), std::string(ScriptedServer::kHangUp)}) {
    ScriptedServer server([&](std::string_view) { return rubbish; });
    ConnectionPool pool(server.endpoint(), Options(), clock_, metrics_);
    const auto replies = pool.Exchange(Commands({"GET", "a"}), Patience());
    ASSERT_FALSE(replies.ok()) << rubbish.substr(0, 20);
    EXPECT_EQ(replies.error().code(), rubbish == ScriptedServer::kHangUp
                                          ? base::ErrorCode::kUnavailable
                                          : base::ErrorCode::kDataLoss);
    EXPECT_EQ(pool.counts().idle, 0U);
  }
}

TEST_F(ConnectionPoolTest, HalfAnAnswerIsWaitedForToTheDeadlineOnly) {
  ScriptedServer server([](std::string_view) { return std::string("$10\r\nhalf"); });
  ConnectionPool pool(server.endpoint(), Options(), clock_, metrics_);
  ASSERT_TRUE(pool.Exchange(Commands({"PING"}), Patience()).ok());
  const auto replies = pool.Exchange(Commands({"GET", "a"}), Soon());
  ASSERT_FALSE(replies.ok());
  EXPECT_EQ(replies.error().code(), base::ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(pool.counts().idle, 0U);
}

TEST_F(ConnectionPoolTest, AnswersThatDoNotFitTheCommandsBreakTheConnection) {
  ScriptedServer server([](std::string_view) { return std::string(":1\r\n"); });
  ConnectionPool pool(server.endpoint(), Options(), clock_, metrics_);
  const auto text_only = [](std::span<const Reply> replies) -> base::Result<void> {
    if (replies[0].is_string()) return {};
    return base::DataLoss("no text");
  };
  for (int i = 1; i <= 3; ++i) {
    EXPECT_FALSE(pool.Exchange(Commands({"GET", "a"}), Patience(), text_only).ok());
    EXPECT_EQ(server.connections(), i);
  }
  EXPECT_THAT(Metrics(), HasSubstr("redis_exchanges_total{outcome=\"garbled\"} 3"));
}

}  // namespace
}  // namespace geoclimate::redis
