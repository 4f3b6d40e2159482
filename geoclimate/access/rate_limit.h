#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "geoclimate/base/result.h"
#include "geoclimate/resilience/token_bucket.h"

namespace geoclimate::access {

class TokenLeases;

// None changes at run time.
struct RateLimitOptions {
  // Of a key that says nothing itself, of the subject of a token, and of an address that shows
  // nothing valid. A request takes a token; a batch as many more as it has further rows, which may
  // be more than there are: who comes next then waits for them.
  std::uint32_t requests_per_minute = 1000;
  // Tokens that are saved up, so the most requests at once after a pause.
  std::uint32_t burst = 100;
  // Addresses that are told apart; beyond, those that have been quiet longest are forgotten. An
  // address takes about 200 bytes.
  std::size_t max_addresses = 16'384;
  // Where tokens come from that processes share; null: each process counts by itself. Outlives all
  // that is limited.
  TokenLeases* leases = nullptr;

  base::Result<void> Validate() const;
  // With `requests_per_minute` of its own, or 0.
  resilience::TokenBucketOptions BucketOf(std::uint64_t own_requests_per_minute) const;
};

// What is left of a caller's limit, for the fields of an answer. A value.
struct Standing {
  bool limited = false;                 // the rest counts only then
  std::uint64_t limit = 0;              // requests a minute
  std::uint64_t remaining = 0;          // that would be answered now
  std::chrono::seconds reset{0};        // until all of the burst is there again
  std::chrono::seconds retry_after{0};  // after a refusal: when to come again, at least 1
};

Standing StandingOf(const resilience::TokenBucket& bucket, std::uint64_t per_minute,
                    std::uint64_t burst);

}  // namespace geoclimate::access
