// The breaker against a model that keeps every outcome in a list and every probe by its number, and
// under threads.
#include <atomic>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/resilience/circuit_breaker.h"

namespace geoclimate::resilience {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What the header promises, in the plainest way: milliseconds as numbers, calls as list entries.
class BreakerModel {
 public:
  explicit BreakerModel(const CircuitBreakerOptions& options) : options_(options) {}

  struct Permit {
    int generation;
  };

  std::optional<Permit> TryAcquire(std::int64_t now) {
    if (state == BreakerState::kHalfOpen && admitted_ == Places() &&
        now - last_probe_ >= options_.probe_time / milliseconds(1)) {
      failed_ += admitted_ - reported_;
      reported_ = admitted_;
      JudgeProbes(now);
    }
    if (state == BreakerState::kOpen && now - opened_ >= options_.open_time / milliseconds(1)) {
      Become(BreakerState::kHalfOpen);
      admitted_ = reported_ = failed_ = slow_ = 0;
    }
    if (state == BreakerState::kOpen) return std::nullopt;
    if (state == BreakerState::kHalfOpen) {
      if (admitted_ == Places()) return std::nullopt;
      ++admitted_;
      last_probe_ = now;
    }
    return Permit{generation};
  }

  void Report(const Permit& permit, bool failed, bool slow, std::int64_t now) {
    if (permit.generation != generation) return;
    if (state == BreakerState::kClosed) {
      calls_.push_back({now, failed, slow});
      if (failed || slow) JudgeWindow(now);
    } else {
      ++reported_;
      failed_ += failed ? 1 : 0;
      slow_ += slow ? 1 : 0;
      JudgeProbes(now);
    }
  }

  void Drop(const Permit& permit) {
    if (permit.generation == generation && state == BreakerState::kHalfOpen) --admitted_;
  }

  CallCounts Counts(std::int64_t now) const {
    CallCounts counts;
    const bool by_time = options_.window_time != std::chrono::nanoseconds::zero();
    const std::int64_t tick = options_.window_time / milliseconds(10);
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      const bool within = by_time ? calls_[i].at / tick > now / tick - 10
                                  : calls_.size() - i <= options_.window_calls;
      if (!within) continue;
      ++counts.calls;
      counts.failed += calls_[i].failed ? 1 : 0;
      counts.slow += calls_[i].slow ? 1 : 0;
    }
    return counts;
  }

  BreakerState state = BreakerState::kClosed;
  int generation = 0;

 private:
  struct Call {
    std::int64_t at;
    bool failed;
    bool slow;
  };

  int Places() const { return static_cast<int>(options_.half_open_probes); }
  bool Bad(double failed, double slow, double calls) const {
    return failed / calls >= options_.failure_rate || slow / calls >= options_.slow_call_rate;
  }
  void Become(BreakerState next) {
    state = next;
    ++generation;
  }
  void JudgeWindow(std::int64_t now) {
    const CallCounts counts = Counts(now);
    if (counts.calls >= options_.min_calls && Bad(counts.failed, counts.slow, counts.calls)) {
      Become(BreakerState::kOpen);
      opened_ = now;
    }
  }
  void JudgeProbes(std::int64_t now) {
    if (Bad(failed_, slow_, Places())) {
      Become(BreakerState::kOpen);
      opened_ = now;
    } else if (reported_ == Places()) {
      Become(BreakerState::kClosed);
      calls_.clear();
    }
  }

  const CircuitBreakerOptions options_;
  std::deque<Call> calls_;
  std::int64_t opened_ = 0;
  std::int64_t last_probe_ = 0;
  int admitted_ = 0, reported_ = 0, failed_ = 0, slow_ = 0;
};

class CircuitBreakerModel : public ::testing::TestWithParam<bool> {
 protected:
  static CircuitBreakerOptions RandomOptions(std::mt19937_64& random, bool by_time) {
    const auto pick = [&](std::uint32_t from, std::uint32_t to) {
      return std::uniform_int_distribution<std::uint32_t>(from, to)(random);
    };
    CircuitBreakerOptions options;
    // Eighths, which divide exactly.
    options.failure_rate = pick(1, 8) / 8.0;
    options.slow_call_rate = pick(1, 8) / 8.0;
    options.slow_call = milliseconds(100);
    options.min_calls = pick(1, 8);
    options.window_calls = options.min_calls + pick(0, 12);
    if (by_time) options.window_time = seconds(pick(1, 4));
    options.open_time = milliseconds(pick(1, 500));
    options.probe_time = milliseconds(pick(1, 500));
    options.half_open_probes = pick(1, 5);
    return options;
  }
};

TEST_P(CircuitBreakerModel, DoesWhatTheModelDoesForRandomEvents) {
  std::mt19937_64 random(GetParam() ? 11 : 7);
  int transitions = 0;
  for (int round = 0; round < 400; ++round) {
    const CircuitBreakerOptions options = RandomOptions(random, GetParam());
    ASSERT_TRUE(options.Validate().ok());
    base::FakeClock clock{base::Timestamp(seconds(50))};
    CircuitBreaker breaker("model", options, clock);
    BreakerModel model(options);
    std::vector<std::pair<CallPermit, BreakerModel::Permit>> open_calls;
    std::int64_t now = 0;
    const unsigned bad_percent = std::uniform_int_distribution<unsigned>(0, 100)(random);
    for (int step = 0; step < 400; ++step) {
      const std::uint64_t event = random() % 10;
      if (event == 0) {
        const auto by = static_cast<std::int64_t>(random() % 200);
        clock.Advance(milliseconds(by));
        now += by;
      } else if (event < 6 || open_calls.empty()) {
        auto permit = breaker.TryAcquire();
        const auto expected = model.TryAcquire(now);
        ASSERT_EQ(permit.has_value(), expected.has_value()) << round << " " << step;
        if (permit) open_calls.emplace_back(*std::move(permit), *expected);
      } else {
        // Any of the calls under way; a few never report.
        const std::size_t place = random() % open_calls.size();
        std::swap(open_calls[place], open_calls.back());
        auto [permit, expected] = std::move(open_calls.back());
        open_calls.pop_back();
        const bool failed = random() % 100 < bad_percent;
        const bool slow = random() % 100 < bad_percent;
        const milliseconds took(slow ? 100 : 99);
        if (random() % 8 == 0) {
          {
            const CallPermit dropped = std::move(permit);
          }
          model.Drop(expected);
        } else if (failed) {
          permit.Failed(took);
          model.Report(expected, true, slow, now);
        } else {
          permit.Succeeded(took);
          model.Report(expected, false, slow, now);
        }
      }
      ASSERT_EQ(breaker.state(), model.state) << round << " " << step;
      if (model.state == BreakerState::kClosed) {
        const CallCounts counts = breaker.counts();
        const CallCounts expected = model.Counts(now);
        ASSERT_EQ(counts.calls, expected.calls) << round << " " << step;
        ASSERT_EQ(counts.failed, expected.failed) << round << " " << step;
        ASSERT_EQ(counts.slow, expected.slow) << round << " " << step;
      }
    }
    transitions += model.generation;
  }
  EXPECT_GT(transitions, 4000) << "the events must reach the states";
}
INSTANTIATE_TEST_SUITE_P(Windows, CircuitBreakerModel, ::testing::Bool());

TEST(CircuitBreakerThreads, AdmitsExactlyItsProbesUnderContention) {
  base::FakeClock clock{base::Timestamp(seconds(50))};
  for (int round = 0; round < 200; ++round) {
    CircuitBreaker breaker(
        "threads",
        {.window_calls = 4, .min_calls = 1, .open_time = seconds(1), .half_open_probes = 5}, clock);
    breaker.TryAcquire()->Failed();
    clock.Advance(seconds(1));
    std::atomic<int> admitted{0};
    std::atomic<bool> go{false};
    std::vector<std::vector<CallPermit>> held(4);
    std::vector<std::thread> threads;
    for (std::vector<CallPermit>& mine : held) {
      threads.emplace_back([&] {
        while (!go.load()) std::this_thread::yield();
        for (int i = 0; i < 10; ++i) {
          if (auto permit = breaker.TryAcquire()) {
            ++admitted;
            mine.push_back(*std::move(permit));
          }
        }
      });
    }
    go = true;
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(admitted.load(), 5);
    ASSERT_EQ(breaker.state(), BreakerState::kHalfOpen);
    for (auto& mine : held) {
      for (CallPermit& permit : mine) permit.Succeeded();
    }
    ASSERT_EQ(breaker.state(), BreakerState::kClosed);
    ASSERT_EQ(breaker.counts().calls, 0U);
  }
}

// Calls, failures, drops and lost probes from many threads: never more probes at once than places,
// transitions in steps, and the breaker closes once the service is well.
TEST(CircuitBreakerThreads, SurvivesAServiceThatComesAndGoes) {
  base::FakeClock clock{base::Timestamp(seconds(50))};
  std::atomic<std::uint32_t> transitions{0};
  CircuitBreaker breaker("threads",
                         {.window_calls = 16,
                          .min_calls = 4,
                          .open_time = milliseconds(5),
                          .half_open_probes = 3,
                          .probe_time = milliseconds(5)},
                         clock, [&](const BreakerTransition&) { ++transitions; });
  std::atomic<bool> well{false};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(t);
      for (int i = 0; i < 20'000; ++i) {
        if (random() % 16 == 0) clock.Advance(milliseconds(1));
        if (random() % 512 == 0) well = !well;
        auto permit = breaker.TryAcquire();
        if (!permit) continue;
        if (random() % 32 == 0) continue;
        if (well) {
          permit->Succeeded();
        } else {
          permit->Failed();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(transitions.load(), 100U);
  for (int i = 0; i < 100 && breaker.state() != BreakerState::kClosed; ++i) {
    clock.Advance(milliseconds(5));
    if (auto permit = breaker.TryAcquire()) permit->Succeeded();
  }
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  for (int i = 0; i < 64; ++i) breaker.TryAcquire()->Succeeded();
  EXPECT_EQ(breaker.counts().failed, 0U) << "the counts stay in step with the window";
  EXPECT_EQ(breaker.counts().calls, 16U);
}

}  // namespace
}  // namespace geoclimate::resilience
