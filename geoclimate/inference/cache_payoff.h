#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::inference {

// Whether a cache saves more time than it takes, for one model, from what it sees:
//
//   net = hits x (compute - look-up) - misses x (look-up + insertion)
//
// As long as the net of the last few thousand rows is not negative every row is looked up. When it
// is, the cache rests, and its rows pay for one comparison only. After the rest it probes: one key
// in kProbeShare is looked up and kept, chosen by its hash, so that the sample repeats as the whole
// does (Waldspurger et al., "Efficient MRC construction with SHARDS", FAST 2015). When the sample
// pays it is on again, otherwise it rests twice as long. So a model that a cache cannot help is
// left alone, and a pattern that changes is noticed.
//
// Costs are moving averages of one row in kTimedEvery; a sample that is far above the average
// (a thread that was put to sleep) counts as four times the average only.
//
// Decides by what it is told and the given times alone: the same calls from one thread lead to the
// same decisions. Thread-safe; calls write to a cache line of their thread, and take a lock, or
// leave it when it is taken, once in kFlushRows rows.
class CachePayoff {
 public:
  static constexpr std::uint32_t kTimedEvery = 64;
  static constexpr std::uint32_t kFlushRows = 64;
  static constexpr std::uint64_t kWindowRows = 4096;
  static constexpr std::uint64_t kProbeShare = 16;
  static constexpr std::uint64_t kProbeRows = 1024;  // looked up; the first half fills the cache
  static constexpr std::chrono::seconds kShortestRest{10};
  static constexpr std::chrono::seconds kLongestRest{320};

  // Seconds saved by hits, and spent on misses and on hits that cost more than computing; what is
  // left, which may be negative; 1 while rows are looked up.
  struct Metrics {
    telemetry::FloatCounter saved_seconds;
    telemetry::FloatCounter spent_seconds;
    telemetry::Gauge net_seconds;
    telemetry::Gauge active;
  };
  explicit CachePayoff(const Metrics& metrics);
  ~CachePayoff() { metrics_.active.Set(0); }
  CachePayoff(const CachePayoff&) = delete;
  CachePayoff& operator=(const CachePayoff&) = delete;

  // How to go about some rows that come together.
  struct Turn {
    enum class Rows : std::uint8_t { kNone, kSome, kAll } rows = Rows::kAll;
    bool timed = false;  // the caller is asked to measure the costs
    std::uint64_t salt = 0;

    // Of kSome: whether the row with this hash is looked up.
    bool Includes(std::uint64_t hash) const {
      return rows == Rows::kAll || (rows == Rows::kSome && ((hash ^ salt) % kProbeShare) == 0);
    }
  };
  Turn Begin(base::Instant now);

  // What came of a turn's rows that were looked up. Costs are nanoseconds a row, if they were
  // measured.
  struct Costs {
    std::optional<double> look_up;
    std::optional<double> compute;
    std::optional<double> insertion;
  };
  void Record(std::uint32_t hits, std::uint32_t misses, const Costs& costs, base::Instant now);

  bool on() const { return state_.load(std::memory_order_relaxed) == State::kOn; }
  // Nanoseconds a row; nothing while none was measured. For reports and tests.
  Costs costs() const;

 private:
  enum class State : std::uint8_t { kOn, kResting, kProbing };

  // A moving average that forgets outliers. Lost updates of racing threads do no harm.
  class Average {
   public:
    void Add(double sample);
    // 0 while there is none.
    double value() const { return value_.load(std::memory_order_relaxed); }

   private:
    std::atomic<double> value_{0};
  };
  // Of one thread, or of few that share it.
  struct alignas(64) Cell {
    std::atomic<std::uint32_t> turns{0};
    std::atomic<std::uint32_t> hits{0};
    std::atomic<std::uint32_t> misses{0};
  };
  struct Counts {
    double hits = 0;
    double misses = 0;
    double rows() const { return hits + misses; }
  };

  Cell& OwnCell();
  void Flush(Cell& cell, base::Instant now) EXCLUDES(mutex_);
  double Saved(const Counts& counts) const;
  double Spent(const Counts& counts) const;
  bool Measured() const { return look_up_.value() > 0 && compute_.value() > 0; }
  void Decide(base::Instant now) REQUIRES(mutex_);
  void Rest(base::Instant now) REQUIRES(mutex_);
  void SetState(State state) REQUIRES(mutex_);

  const Metrics metrics_;
  std::atomic<State> state_{State::kOn};
  std::atomic<base::Instant::rep> rest_until_{0};
  std::atomic<std::uint64_t> salt_{0};
  Average look_up_;
  Average compute_;
  Average insertion_;
  std::vector<Cell> cells_;

  base::Mutex mutex_;
  Counts recent_ GUARDED_BY(mutex_);   // of the window or probe that is going on
  Counts decayed_ GUARDED_BY(mutex_);  // halved with every window
  int windows_on_ GUARDED_BY(mutex_) = 0;
  bool filled_ GUARDED_BY(mutex_) = false;  // the first half of a probe is over
  std::chrono::seconds rest_ GUARDED_BY(mutex_) = kShortestRest;
  double net_ GUARDED_BY(mutex_) = 0;
};

}  // namespace geoclimate::inference
