#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/http_client/http_client.h"
#include "geoclimate/resilience/circuit_breaker.h"
#include "geoclimate/resilience/retry.h"
#include "geoclimate/resilience/sleeper.h"
#include "geoclimate/resilience/token_bucket.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::fetch {

// How a service is asked.
struct SourceLimits {
  // What the service allows; all of them hold.
  std::vector<resilience::TokenBucketOptions> rates;
  // Of one attempt, its answer included.
  std::chrono::milliseconds request_timeout = std::chrono::minutes(2);
  // Of one answer; larger ones fail.
  std::size_t max_answer_bytes = std::size_t{128} << 20;
  resilience::RetryOptions retry = {.max_attempts = 4,
                                    .base = std::chrono::milliseconds(500),
                                    .cap = std::chrono::seconds(30),
                                    .longest_asked_wait = std::chrono::minutes(5)};
  resilience::RetryBudgetOptions budget = {.ratio = 0.5, .reserve = 10};
  // Ends a request that is under way: kCancelled.
  std::stop_token stop = {};

  base::Result<void> Validate() const;
};

// Asks one public service, politely: never faster than it allows, again only where that may help
// and not before it has said (Retry-After), and not at all while its breaker is open.
//
// Get() says kUnauthenticated (401, 403), kNotFound (404), kFailedPrecondition (410: a retired
// address), kResourceExhausted (429, and the service will not answer within the longest wait),
// kInvalidArgument (other 4xx, with the head of what it says), kUnavailable for the rest, also when
// the sleeper was stopped. No message holds the query of an address, which may hold a key.
//
// Thread-safe. All references must outlive it.
class SourceClient {
 public:
  // `name` for people, "AirNow". `secret`, the key, is masked wherever the service repeats it in
  // what it says.
  SourceClient(std::string name, std::string secret, const SourceLimits& limits,
               const http_client::HttpClient& http, resilience::CircuitBreaker& breaker,
               resilience::Sleeper& sleeper, const base::Clock& clock,
               telemetry::MetricRegistry& metrics, std::uint64_t seed);

  // Asks until `parse` takes the answer's body. A body that is none of the service's (kDataLoss) is
  // asked for again: transfers break, and proxies answer in a service's name.
  template <typename T>
  base::Result<T> Get(const std::string& url, const std::vector<http_client::HeaderField>& headers,
                      const std::function<base::Result<T>(std::string_view body)>& parse) {
    return retry_.Run(base::Deadline::Never(),
                      [&](resilience::Attempt& attempt) -> base::Result<T> {
                        GC_ASSIGN_OR_RETURN(const std::string body, GetOnce(url, headers, attempt));
                        base::Result<T> parsed = parse(body);
                        if (parsed.ok()) return parsed;
                        return Judged(parsed.error(), attempt);
                      });
  }

  std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }
  const std::string& name() const { return name_; }

 private:
  base::Result<std::string> GetOnce(const std::string& url,
                                    const std::vector<http_client::HeaderField>& headers,
                                    resilience::Attempt& attempt);
  // Waits until every rate has a token.
  base::Result<void> AwaitTurn();
  base::Error ErrorOf(const http_client::Answer& answer, resilience::Attempt& attempt);
  base::Error Judged(const base::Error& error, resilience::Attempt& attempt);
  std::string Masked(std::string text) const;

  const std::string name_;
  const std::string secret_;
  const SourceLimits limits_;
  const http_client::HttpClient& http_;
  resilience::CircuitBreaker& breaker_;
  resilience::Sleeper& sleeper_;
  const base::Clock& clock_;
  std::vector<std::unique_ptr<resilience::TokenBucket>> buckets_;
  resilience::RetryBudget budget_;
  resilience::Retry retry_;
  std::atomic<std::uint64_t> requests_{0};
};

}  // namespace geoclimate::fetch
