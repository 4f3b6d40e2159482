#include "geoclimate/inference/cache_payoff.h"

#include <algorithm>
#include <bit>
#include <thread>

#include "geoclimate/inference/snapshot_cell.h"

namespace geoclimate::inference {
namespace {

// Windows after which being on was worth it, and the next rest is short again.
constexpr int kSteadyWindows = 8;
// What a probe must show above its costs, so that a model at the edge does not go on and off.
constexpr double kMargin = 1.25;

std::size_t CellCount() {
  constexpr unsigned kLeast = 4;
  constexpr unsigned kMost = 64;
  return std::bit_ceil(std::clamp(std::thread::hardware_concurrency(), kLeast, kMost));
}

void Add(std::atomic<std::uint32_t>& count, std::uint32_t amount) {
  count.store(count.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace

void CachePayoff::Average::Add(double sample) {
  constexpr double kWeight = 1.0 / 8;
  constexpr double kFar = 4;
  const double value = value_.load(std::memory_order_relaxed);
  // 0 means that there is none; a clock that stands still measures nothing.
  const double next = std::max(sample, 1e-3);
  if (value == 0) {
    value_.store(next, std::memory_order_relaxed);
  } else if (next * kFar < value) {
    // The first sample of a cold model is an outlier that must not last.
    value_.store((value + next) / 2, std::memory_order_relaxed);
  } else {
    value_.store(value + kWeight * (std::min(next, kFar * value) - value),
                 std::memory_order_relaxed);
  }
}

CachePayoff::CachePayoff(const Metrics& metrics) : metrics_(metrics), cells_(CellCount()) {
  metrics_.active.Set(1);
}

CachePayoff::Cell& CachePayoff::OwnCell() {
  return cells_[detail::ThreadOrdinal() & (cells_.size() - 1)];
}

CachePayoff::Turn CachePayoff::Begin(base::Instant now) {
  Turn turn;
  switch (state_.load(std::memory_order_relaxed)) {
    case State::kOn:
      turn.rows = Turn::Rows::kAll;
      break;
    case State::kResting:
      if (now.time_since_epoch().count() < rest_until_.load(std::memory_order_relaxed)) {
        turn.rows = Turn::Rows::kNone;
        return turn;
      }
      [[fallthrough]];
    case State::kProbing:
      turn.rows = Turn::Rows::kSome;
      turn.salt = salt_.load(std::memory_order_relaxed);
      break;
  }
  Cell& cell = OwnCell();
  turn.timed = cell.turns.load(std::memory_order_relaxed) % kTimedEvery == 0;
  Add(cell.turns, 1);
  return turn;
}

void CachePayoff::Record(std::uint32_t hits, std::uint32_t misses, const Costs& costs,
                         base::Instant now) {
  if (costs.look_up) look_up_.Add(*costs.look_up);
  if (costs.compute) compute_.Add(*costs.compute);
  if (costs.insertion) insertion_.Add(*costs.insertion);
  Cell& cell = OwnCell();
  Add(cell.hits, hits);
  Add(cell.misses, misses);
  const std::uint32_t rows =
      cell.hits.load(std::memory_order_relaxed) + cell.misses.load(std::memory_order_relaxed);
  if (rows >= kFlushRows) Flush(cell, now);
}

double CachePayoff::Saved(const Counts& counts) const {
  return counts.hits * std::max(0.0, compute_.value() - look_up_.value()) * 1e-9;
}

double CachePayoff::Spent(const Counts& counts) const {
  return (counts.misses * (look_up_.value() + insertion_.value()) +
          counts.hits * std::max(0.0, look_up_.value() - compute_.value())) *
         1e-9;
}

void CachePayoff::Flush(Cell& cell, base::Instant now) {
  if (!mutex_.TryLock()) return;  // the rows wait for the next time
  const Counts counts{
      .hits = static_cast<double>(cell.hits.exchange(0, std::memory_order_relaxed)),
      .misses = static_cast<double>(cell.misses.exchange(0, std::memory_order_relaxed))};
  if (Measured()) {
    metrics_.saved_seconds.Add(Saved(counts));
    metrics_.spent_seconds.Add(Spent(counts));
    net_ += Saved(counts) - Spent(counts);
    metrics_.net_seconds.Set(net_);
  }
  recent_.hits += counts.hits;
  recent_.misses += counts.misses;
  Decide(now);
  mutex_.Unlock();
}

void CachePayoff::Decide(base::Instant now) {
  switch (state_.load(std::memory_order_relaxed)) {
    case State::kOn:
      if (recent_.rows() < static_cast<double>(kWindowRows)) return;
      decayed_ = {.hits = decayed_.hits / 2 + recent_.hits,
                  .misses = decayed_.misses / 2 + recent_.misses};
      recent_ = {};
      if (++windows_on_ >= kSteadyWindows) rest_ = kShortestRest;
      if (Measured() && Saved(decayed_) < Spent(decayed_)) Rest(now);
      return;
    case State::kResting:  // the first rows of a probe, or the last ones of before
      if (now.time_since_epoch().count() < rest_until_.load(std::memory_order_relaxed)) {
        recent_ = {};
        return;
      }
      SetState(State::kProbing);
      filled_ = false;
      [[fallthrough]];
    case State::kProbing:
      if (2 * recent_.rows() < static_cast<double>(kProbeRows)) return;
      if (!filled_) {
        filled_ = true;
      } else if (Measured() && Saved(recent_) > kMargin * Spent(recent_)) {
        SetState(State::kOn);
        windows_on_ = 0;
        decayed_ = {};
      } else {
        Rest(now);
      }
      recent_ = {};
      return;
  }
}

void CachePayoff::Rest(base::Instant now) {
  rest_until_.store((now + rest_).time_since_epoch().count(), std::memory_order_relaxed);
  rest_ = std::min(2 * rest_, kLongestRest);
  // Another sample next time: this one may have lacked the keys that come most.
  salt_.store(salt_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  recent_ = {};
  SetState(State::kResting);
}

void CachePayoff::SetState(State state) {
  state_.store(state, std::memory_order_relaxed);
  metrics_.active.Set(state == State::kOn ? 1 : 0);
}

CachePayoff::Costs CachePayoff::costs() const {
  const auto known = [](const Average& average) {
    return average.value() > 0 ? std::optional(average.value()) : std::nullopt;
  };
  return {.look_up = known(look_up_), .compute = known(compute_), .insertion = known(insertion_)};
}

}  // namespace geoclimate::inference
