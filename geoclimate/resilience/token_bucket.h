#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"

namespace geoclimate::resilience {

struct TokenBucketOptions {
  // Tokens that come back a second, from 1e-6 to 1e9. For a limit "500 an hour" 500.0 / 3600.
  double per_second = 1;
  // Most tokens that are saved up, so the largest burst; from 1 to 1e9. Starts full.
  double burst = 1;

  base::Result<void> Validate() const;
};

// A rate with bursts, for an API key, an address or an outside source.
//
//   if (!bucket.TryTake()) return TooManyRequests(bucket.UntilAvailable());
//
// Kept as the moment at which the bucket will be full again (the generic cell rate algorithm of
// ITU-T I.371, annex A), so that a bucket is one atomic word and refilling costs nothing. Taking
// tokens is one compare-and-swap; several threads together never take more than the rate allows.
//
// Thread-safe. `clock` must outlive the bucket.
class TokenBucket {
 public:
  TokenBucket(const TokenBucketOptions& options, const base::Clock& clock);

  // Takes all `tokens` or none. More than `burst` can never be had at once: always false.
  bool TryTake(std::uint32_t tokens = 1);
  // Takes tokens that need not be there, for what turns out to cost more once it has been let in:
  // nothing is given until they have come back.
  void Charge(std::uint32_t tokens);
  // Gives back what TryTake() took and was not used.
  void Return(std::uint32_t tokens);

  // How long until TryTake(tokens) succeeds if nobody else takes any; zero when it would now.
  // nanoseconds::max() for more than `burst`.
  std::chrono::nanoseconds UntilAvailable(std::uint32_t tokens = 1) const;
  // Whole tokens that could be taken now.
  std::uint64_t available() const;

  // Nothing is given before `moment`, and then one token and the usual rate: the other side has
  // said when to come again. An earlier moment than one already set changes nothing.
  void HoldUntil(base::Instant moment);

 private:
  std::int64_t Now() const;
  // What `tokens` cost, in nanoseconds of refilling.
  std::int64_t Cost(std::uint32_t tokens) const;

  const double nanoseconds_per_token_;
  const std::int64_t burst_;
  const base::Clock& clock_;
  // Nanoseconds of the monotonic clock. At or before now: full.
  std::atomic<std::int64_t> full_at_;
};

}  // namespace geoclimate::resilience
