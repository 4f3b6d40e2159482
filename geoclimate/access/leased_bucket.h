#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "geoclimate/access/rate_limit.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/resilience/token_bucket.h"

namespace geoclimate::access {

class TokenLeases;

// The rate of one caller, in this process alone or kept together with others.
//
// Alone it is a TokenBucket. With leases, the tokens are those of one bucket that all processes
// share: a block of them is leased at a time and spent here, and the next is asked for in the
// background before it is used up. Nobody waits for an answer: until one is there this process goes
// on with its share of the rate, and what it lets in so is settled with the next lease. While
// nobody answers at all, the share is what holds.
//
// Taking is a few atomic operations; a lock is taken when a block runs out.
//
// Thread-safe. Owned by shared pointers only. The leases and the clock outlive it.
class LeasedBucket : public std::enable_shared_from_this<LeasedBucket> {
 public:
  // `key` names the caller among all that are limited; `leases` may be null.
  LeasedBucket(std::string key, const resilience::TokenBucketOptions& options, TokenLeases* leases,
               const base::Clock& clock);
  LeasedBucket(const LeasedBucket&) = delete;
  LeasedBucket& operator=(const LeasedBucket&) = delete;

  // Takes one token, or none.
  bool TryTake();
  // As TokenBucket's: tokens that need not be there.
  void Charge(std::uint32_t tokens);

  // Whole tokens that this process knows of.
  std::uint64_t available() const;
  Standing standing(std::uint64_t per_minute) const;

 private:
  friend class TokenLeases;

  // What the shared bucket is asked for, and what it is told.
  struct Demand {
    std::int64_t settled = 0;  // tokens that were spent without a lease; negative: given back
    std::int64_t wanted = 0;
  };
  struct Grant {
    std::int64_t tokens = 0;
    std::int64_t left = 0;  // in the shared bucket
    std::chrono::microseconds until_next{0};
  };
  // Called by the thread of the leases, one after the other.
  Demand TakeDemand();
  Demand TakeIdle();
  void Settle(const Demand& demand, const Grant& grant);
  // Nothing is known of what became of it.
  void Forget();

  bool shared() const;
  std::uint32_t ShareCost() const;
  std::int64_t NowNanoseconds() const;
  bool TakeLeased();
  void Ask();

  const std::string key_;
  const double nanoseconds_per_token_;
  const std::int64_t burst_;
  TokenLeases* const leases_;
  const base::Clock& clock_;
  // The share: every request is taken from it too, where it reaches, so that nobody has a fresh
  // burst when leases end.
  resilience::TokenBucket local_;
  // Leased and not spent; below zero after a charge.
  std::atomic<std::int64_t> balance_{0};
  // Let in on the share, to be settled.
  std::atomic<std::int64_t> owed_{0};
  // Nanoseconds of the clock: before it there is none, said the shared bucket; 0: it had some.
  std::atomic<std::int64_t> none_before_{0};
  std::atomic<std::int64_t> left_{-1};  // in the shared bucket; -1: not known
  std::atomic<std::int64_t> low_{0};    // balance at which the next block is asked for
  std::atomic<bool> asked_{false};      // it is in the queue of the leases
  std::atomic<bool> used_{false};       // since the leases looked
  bool held_ = false;                   // of the thread of the leases
};

}  // namespace geoclimate::access
