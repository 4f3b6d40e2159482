#include "geoclimate/cache/redis_tier.h"

#include <future>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/redis/testing/redis_server.h"
#include "geoclimate/redis/testing/scripted_server.h"

namespace geoclimate::cache {
namespace {

using redis::testing::RedisServer;
using redis::testing::ScriptedServer;
using State = TierAnswer::State;
using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What one process has of it.
struct Process {
  Process(const redis::Endpoint& endpoint, const base::Clock& clock,
          const RedisTierOptions& options)
      : pool(endpoint, PoolOptions(), clock, metrics),
        breaker("redis", BreakerOptions(), clock),
        tier(std::make_unique<RedisTier>(pool, breaker, options, clock, metrics)) {}

  static redis::ConnectionPoolOptions PoolOptions() {
    redis::ConnectionPoolOptions options;
    options.first_pause = milliseconds(1);
    options.longest_pause = milliseconds(2);
    return options;
  }
  static resilience::CircuitBreakerOptions BreakerOptions() {
    resilience::CircuitBreakerOptions options;
    options.window_calls = 8;
    options.min_calls = 3;
    options.open_time = milliseconds(20);
    return options;
  }

  std::future<TierAnswer> Ask(const std::string& key, milliseconds lease = milliseconds(0)) {
    auto told = std::make_shared<std::promise<TierAnswer>>();
    std::future<TierAnswer> future = told->get_future();
    tier->Find({.keys = {key}, .lease = lease, .done = [told](std::span<TierAnswer> answers) {
                  told->set_value(answers[0]);
                }});
    return future;
  }
  // Until the key has a value or is known to have none.
  TierAnswer Await(const std::string& key) {
    while (true) {
      TierAnswer answer = Ask(key).get();
      if (answer.state != State::kUnknown) return answer;
    }
  }
  std::string Metrics() const {
    std::string text;
    metrics.Render(telemetry::Exposition::kPrometheus, text);
    return text;
  }
  // Of a series, by its text up to the value.
  double Metric(const std::string& series) const {
    const std::string text = Metrics();
    const std::size_t at = text.find(series + " ");
    return at == text.npos ? -1 : std::stod(text.substr(at + series.size() + 1));
  }

  telemetry::MetricRegistry metrics;
  redis::ConnectionPool pool;
  resilience::CircuitBreaker breaker;
  std::unique_ptr<RedisTier> tier;
};

RedisTierOptions Patient() {
  RedisTierOptions options;
  options.timeout = minutes(1);
  return options;
}
RedisTierOptions Impatient() {
  RedisTierOptions options;
  options.timeout = milliseconds(20);
  options.write_timeout = milliseconds(20);
  return options;
}

class RedisTierTest : public ::testing::Test {
 protected:
  base::SystemClock clock_;
};

TEST_F(RedisTierTest, WhatOneProcessKeepsAnotherFinds) {
  const RedisServer server;
  Process one(server.endpoint(), clock_, Patient());
  Process other(server.endpoint(), clock_, Patient());
  EXPECT_EQ(one.Ask("key").get().state, State::kUnknown);
  const std::string bytes("\0\r\n\xff", 4);
  one.tier->Insert("key", bytes);
  const TierAnswer answer = other.Await("key");
  EXPECT_EQ(answer.state, State::kFound);
  EXPECT_EQ(answer.bytes, bytes);
  EXPECT_GT(server.Run({"TTL", "key"}).integer, 3000);
}

TEST_F(RedisTierTest, ManyKeysOfManyCallersAreEachTheirOwn) {
  const RedisServer server;
  Process process(server.endpoint(), clock_, Patient());
  for (int i = 0; i < 2000; i += 2) {
    process.tier->Insert(fmt::format("key{}", i), fmt::format("value{}", i));
  }
  EXPECT_EQ(process.Await("key1998").bytes, "value1998");
  std::promise<void> all;
  std::atomic<int> left{200};
  std::atomic<int> wrong{0};
  for (int caller = 0; caller < 200; ++caller) {
    TierQuestion question;
    for (int i = 10 * caller; i < 10 * caller + 10; ++i) {
      question.keys.push_back(fmt::format("key{}", i));
    }
    question.done = [&, caller](std::span<TierAnswer> answers) {
      for (std::size_t i = 0; i < 10; ++i) {
        const auto number = static_cast<std::size_t>(10 * caller) + i;
        const bool right = number % 2 == 1 ? answers[i].state == State::kUnknown
                                           : answers[i].bytes == fmt::format("value{}", number);
        if (!right) ++wrong;
      }
      if (--left == 0) all.set_value();
    };
    process.tier->Find(std::move(question));
  }
  all.get_future().wait();
  EXPECT_EQ(wrong, 0);
}

TEST_F(RedisTierTest, ThatThereIsNothingIsKnownForAWhile) {
  const RedisServer server;
  Process process(server.endpoint(), clock_, Patient());
  process.tier->InsertAbsent("key");
  EXPECT_EQ(process.Await("key").state, State::kAbsent);
  EXPECT_LE(server.Run({"TTL", "key"}).integer, 30);
}

TEST_F(RedisTierTest, WhatIsNoValueOfTheKeyIsNotFound) {
  const RedisServer server;
  Process process(server.endpoint(), clock_, Patient());
  process.tier->Insert("key", "the value");
  EXPECT_EQ(process.Await("key").bytes, "the value");
  // A value that lies under another key, one that was cut, and one of a stranger; and no string.
  server.Run({"COPY", "key", "other"});
  server.Run({"SET", "short", "GC"});
  server.Run({"SET", "strange", "a string of somebody else"});
  server.Run({"RPUSH", "list", "a"});
  for (const char* key : {"other", "short", "strange", "list"}) {
    EXPECT_EQ(process.Ask(key).get().state, State::kUnknown) << key;
  }
  EXPECT_THAT(process.Metrics(), HasSubstr("reason=\"checksum\"} 1"));
  EXPECT_THAT(process.Metrics(), HasSubstr("reason=\"length\"} 1"));
  EXPECT_THAT(process.Metrics(), HasSubstr("reason=\"format\"} 1"));
}

TEST_F(RedisTierTest, AServerThatStandsStillAnswersNothingAndOpensTheBreaker) {
  RedisServer server;
  Process process(server.endpoint(), clock_, Impatient());
  process.tier->Insert("key", "value");
  EXPECT_EQ(process.Await("key").bytes, "value");
  server.Pause();
  while (process.tier->available()) {
    EXPECT_EQ(process.Ask("key").get().state, State::kUnknown);
  }
  // Nobody asks meanwhile: the tier finds out by itself.
  server.Resume();
  while (process.breaker.state() != resilience::BreakerState::kClosed) std::this_thread::yield();
  EXPECT_EQ(process.Await("key").bytes, "value");
}

TEST_F(RedisTierTest, AServerThatStartsAgainIsUsedAgainAndKeepsNothing) {
  RedisServer server;
  Process process(server.endpoint(), clock_, Impatient());
  process.tier->Insert("key", "value");
  EXPECT_EQ(process.Await("key").bytes, "value");
  server.Stop();
  while (process.tier->available()) {
    EXPECT_EQ(process.Ask("key").get().state, State::kUnknown);
  }
  process.tier->Insert("key", "lost");
  server.Start();
  while (process.breaker.state() != resilience::BreakerState::kClosed) std::this_thread::yield();
  EXPECT_EQ(process.Ask("key").get().state, State::kUnknown);
  process.tier->Insert("key", "new");
  EXPECT_EQ(process.Await("key").bytes, "new");
}

TEST_F(RedisTierTest, AFullServerIsReadFromAndWritesToItAreCounted) {
  const RedisServer server({"--maxmemory-policy", "noeviction"});
  Process process(server.endpoint(), clock_, Patient());
  process.tier->Insert("key", "value");
  EXPECT_EQ(process.Await("key").bytes, "value");
  server.Run({"CONFIG", "SET", "maxmemory", "1"});
  process.tier->Insert("other", "value");
  const std::string refused = "cache_dropped_writes_total{tier=\"redis\",reason=\"refused\"}";
  while (process.Metric(refused) < 1) std::this_thread::yield();
  EXPECT_EQ(process.Ask("key").get().bytes, "value");
  EXPECT_EQ(process.Ask("other", minutes(1)).get().state, State::kUnknown);
  EXPECT_TRUE(process.tier->available());
}

TEST_F(RedisTierTest, RubbishIsNeverAnAnswer) {
  const std::string value(64, 'v');
  for (const std::string& rubbish :
       {std::string("*1\r\n:7\r\n"), std::string("*2\r\n$1\r\na\r\n$1\r\nb\r\n"),
        std::string("$3\r\nabc\r\n"), std::string("-LOADING dataset\r\n"), std::string("<html>"),
        std::string("*1\r\n*1\r\n$1\r\na\r\n"), std::string("*1\r\n$999999999\r\nabc"),
        std::string("*1\r\n$64\r\n") + value + "\r\n", std::string("*2147483647\r\n"),
        std::string(ScriptedServer::kHangUp), std::string()}) {
    const ScriptedServer server([&](std::string_view) { return rubbish; });
    Process process(server.endpoint(), clock_, Impatient());
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(process.Ask("key").get().state, State::kUnknown) << rubbish.substr(0, 20);
    }
  }
}

TEST_F(RedisTierTest, OfTwoProcessesOneComputesAndTheOtherWaitsForItsValue) {
  const RedisServer server;
  Process one(server.endpoint(), clock_, Patient());
  Process other(server.endpoint(), clock_, Patient());
  EXPECT_EQ(one.Ask("key", minutes(1)).get().state, State::kUnknown);
  std::future<TierAnswer> waiting = other.Ask("key", minutes(1));
  const std::string waits = "cache_tier_waits_total{tier=\"redis\"}";
  while (other.Metric(waits) < 1) std::this_thread::yield();
  one.tier->Insert("key", "computed once");
  EXPECT_EQ(waiting.get().bytes, "computed once");
}

TEST_F(RedisTierTest, WhoWaitsForAProcessThatDiedComputesHimself) {
  const RedisServer server;
  Process other(server.endpoint(), clock_, Patient());
  {
    Process dies(server.endpoint(), clock_, Patient());
    EXPECT_EQ(dies.Ask("key", milliseconds(100)).get().state, State::kUnknown);
  }
  EXPECT_EQ(other.Ask("key", milliseconds(100)).get().state, State::kUnknown);
}

TEST_F(RedisTierTest, WhoWaitsGivesUpAtHisOwnDeadline) {
  const RedisServer server;
  Process one(server.endpoint(), clock_, Patient());
  Process other(server.endpoint(), clock_, Impatient());
  EXPECT_EQ(one.Ask("key", minutes(10)).get().state, State::kUnknown);
  while (other.Metric("cache_tier_waits_total{tier=\"redis\"}") < 1) {
    EXPECT_EQ(other.Ask("key", minutes(10)).get().state, State::kUnknown);
  }
}

TEST_F(RedisTierTest, WhoeverStillWaitsAtTheEndIsAnswered) {
  RedisServer server;
  RedisTierOptions options = Patient();
  options.timeout = std::chrono::seconds(2);
  Process process(server.endpoint(), clock_, options);
  process.tier->InsertAbsent("key");
  EXPECT_EQ(process.Await("key").state, State::kAbsent);
  server.Pause();
  std::vector<std::future<TierAnswer>> waiting;
  waiting.reserve(100);
  for (int i = 0; i < 100; ++i) waiting.push_back(process.Ask(fmt::format("key{}", i)));
  process.tier.reset();
  for (auto& one : waiting) EXPECT_EQ(one.get().state, State::kUnknown);
}

TEST_F(RedisTierTest, MoreThanTheQueueHoldsIsUnknownAtOnce) {
  const RedisServer server;
  RedisTierOptions options = Patient();
  options.max_queued_keys = 1;
  Process process(server.endpoint(), clock_, options);
  std::promise<std::size_t> told;
  process.tier->Find({.keys = {"a", "b"}, .done = [&](std::span<TierAnswer> answers) {
                        told.set_value(answers.size());
                      }});
  EXPECT_EQ(told.get_future().get(), 2U);
  EXPECT_THAT(process.Metrics(), HasSubstr("reason=\"overflow\"} 1"));
}

TEST_F(RedisTierTest, TheMostUsedAreABoundedSetWithTheLatestFirst) {
  const RedisServer server;
  Process process(server.endpoint(), clock_, Patient());
  const auto deadline = base::Deadline::After(clock_, minutes(1));
  const auto mark = [&](std::vector<std::string> members, const std::string& first) {
    process.tier->MarkUsed("set", members, 3);
    while (true) {
      auto most_used = process.tier->MostUsed("set", 10, deadline);
      EXPECT_TRUE(most_used.ok());
      if (!most_used->empty() && most_used->front() == first) return *most_used;
    }
  };
  EXPECT_THAT(mark({"a", "b"}, "a"), ElementsAre("a", "b"));
  EXPECT_THAT(mark({"c", "d"}, "c"), ElementsAre("c", "d", "a"));
  EXPECT_THAT(mark({"b"}, "b"), ElementsAre("b", "c", "d"));
  const auto two = process.tier->MostUsed("set", 2, deadline);
  ASSERT_TRUE(two.ok());
  EXPECT_THAT(*two, ElementsAre("b", "c"));
}

TEST_F(RedisTierTest, ManyValuesAreLoadedAtOnce) {
  const RedisServer server;
  Process process(server.endpoint(), clock_, Patient());
  std::vector<std::string> keys;
  for (int i = 0; i < 1500; ++i) {
    keys.push_back(fmt::format("key{}", i));
    if (i % 3 != 0) process.tier->Insert(keys.back(), keys.back() + "'s");
  }
  EXPECT_EQ(process.Await("key1499").state, State::kFound);
  server.Run({"SET", "key1", "rubbish"});
  const auto values = process.tier->Load(keys, base::Deadline::After(clock_, minutes(1)));
  ASSERT_TRUE(values.ok()) << values.error().ToString();
  ASSERT_EQ(values->size(), keys.size());
  EXPECT_FALSE((*values)[0].has_value());
  EXPECT_FALSE((*values)[1].has_value());
  EXPECT_EQ((*values)[2].value_or(""), "key2's");
  EXPECT_EQ((*values)[1499].value_or(""), "key1499's");
}

TEST_F(RedisTierTest, TheRoundTripIsKnownBeforeAnybodyAsks) {
  const RedisServer server;
  Process process(server.endpoint(), clock_, Patient());
  while (!process.tier->round_trip()) std::this_thread::yield();
  EXPECT_GT(process.tier->round_trip()->count(), 0);
}

}  // namespace
}  // namespace geoclimate::cache
