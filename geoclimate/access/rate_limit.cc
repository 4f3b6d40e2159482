#include "geoclimate/access/rate_limit.h"

#include <algorithm>
#include <string>

namespace geoclimate::access {
namespace {

constexpr double kSecondsPerMinute = 60;

std::chrono::seconds Ceil(std::chrono::nanoseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time);
}

}  // namespace

base::Result<void> RateLimitOptions::Validate() const {
  if (requests_per_minute == 0) {
    return base::InvalidArgument("requests_per_minute is 0: at least 1 is needed");
  }
  if (max_addresses < 64) {
    return base::InvalidArgument("max_addresses is " + std::to_string(max_addresses) +
                                 ": at least 64 are needed");
  }
  return BucketOf(0).Validate();
}

resilience::TokenBucketOptions RateLimitOptions::BucketOf(
    std::uint64_t own_requests_per_minute) const {
  const std::uint64_t per_minute =
      own_requests_per_minute > 0 ? own_requests_per_minute : requests_per_minute;
  return {.per_second = static_cast<double>(per_minute) / kSecondsPerMinute,
          .burst = static_cast<double>(burst)};
}

Standing StandingOf(const resilience::TokenBucket& bucket, std::uint64_t per_minute,
                    std::uint64_t burst) {
  return {.limited = true,
          .limit = per_minute,
          .remaining = bucket.available(),
          .reset = Ceil(bucket.UntilAvailable(static_cast<std::uint32_t>(burst))),
          .retry_after = std::max(std::chrono::seconds(1), Ceil(bucket.UntilAvailable()))};
}

}  // namespace geoclimate::access
