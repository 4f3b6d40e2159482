#include "geoclimate/fetch/source_client.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/http_client/retry_after.h"
#include "geoclimate/ingest/text.h"

namespace geoclimate::fetch {
namespace {

using base::ErrorCode;

// How long to wait where a service only says that it is too much.
constexpr std::chrono::seconds kUnsaidWait{60};

std::optional<std::chrono::seconds> AskedWait(const http_client::Answer& answer,
                                              base::Timestamp now) {
  for (const std::string_view field : {"Retry-After", "x-ratelimit-reset"}) {
    const auto text = answer.Header(field);
    if (!text) continue;
    if (const auto wait = http_client::ParseRetryAfter(*text, now)) return wait;
  }
  return std::nullopt;
}

ErrorCode CodeOf(int status) {
  switch (status) {
    case 401:
    case 403:
      return ErrorCode::kUnauthenticated;
    case 404:
      return ErrorCode::kNotFound;
    case 410:
      return ErrorCode::kFailedPrecondition;
    case 429:
      return ErrorCode::kResourceExhausted;
    case 408:
    case 425:
      return ErrorCode::kUnavailable;
    default:
      return status >= 400 && status < 500 ? ErrorCode::kInvalidArgument : ErrorCode::kUnavailable;
  }
}

std::string_view HintFor(int status) {
  if (status == 401 || status == 403) return " (is the key right?)";
  if (status == 410) return " (the service has retired this address)";
  return "";
}

}  // namespace

base::Result<void> SourceLimits::Validate() const {
  for (const resilience::TokenBucketOptions& rate : rates) GC_RETURN_IF_ERROR(rate.Validate());
  if (request_timeout < std::chrono::milliseconds(1)) {
    return base::InvalidArgument("the timeout of a request must be at least 1 ms");
  }
  GC_RETURN_IF_ERROR(budget.Validate());
  return retry.Validate();
}

SourceClient::SourceClient(std::string name, std::string secret, const SourceLimits& limits,
                           const http_client::HttpClient& http, resilience::CircuitBreaker& breaker,
                           resilience::Sleeper& sleeper, const base::Clock& clock,
                           telemetry::MetricRegistry& metrics, std::uint64_t seed)
    : name_(std::move(name)),
      secret_(std::move(secret)),
      limits_(limits),
      http_(http),
      breaker_(breaker),
      sleeper_(sleeper),
      clock_(clock),
      budget_(limits.budget),
      retry_(limits.retry, budget_, clock, sleeper, seed,
             resilience::RetryMetrics::Add(metrics, breaker.name())) {
  buckets_.reserve(limits.rates.size());
  for (const resilience::TokenBucketOptions& rate : limits.rates) {
    buckets_.push_back(std::make_unique<resilience::TokenBucket>(rate, clock));
  }
}

base::Result<void> SourceClient::AwaitTurn() {
  for (const auto& bucket : buckets_) {
    while (!bucket->TryTake()) {
      if (!sleeper_.Sleep(bucket->UntilAvailable())) {
        return base::Error(ErrorCode::kCancelled, "stopped while waiting for " + name_);
      }
    }
  }
  return {};
}

base::Result<std::string> SourceClient::GetOnce(
    const std::string& url, const std::vector<http_client::HeaderField>& headers,
    resilience::Attempt& attempt) {
  GC_RETURN_IF_ERROR(AwaitTurn());
  auto permit = breaker_.TryAcquire();
  if (!permit) {
    attempt.AskedToWait(breaker_.UntilProbe());
    return breaker_.Refusal();
  }
  requests_.fetch_add(1, std::memory_order_relaxed);
  const base::Instant begin = clock_.MonotonicNow();
  auto answer = http_.Send({.url = url,
                            .headers = headers,
                            .max_answer_bytes = limits_.max_answer_bytes,
                            .encoding = http_client::Encoding::kCompressed,
                            .deadline = base::Deadline::After(clock_, limits_.request_timeout),
                            .stop = limits_.stop});
  const auto took = clock_.MonotonicNow() - begin;
  if (!answer.ok()) {
    // Whoever ends it says nothing of the service.
    if (answer.error().code() == ErrorCode::kCancelled) return answer.error();
    permit->Failed(took);
    const base::Error error = answer.error().WithContext(name_);
    // A service that answered nothing in time may do so next time.
    if (error.code() == ErrorCode::kDeadlineExceeded) {
      return base::Error(ErrorCode::kUnavailable, error.ToString());
    }
    return error;
  }
  if (answer->status >= 500) {
    permit->Failed(took);
  } else {
    permit->Succeeded(took);
  }
  if (answer->status == 200) return std::move(answer->body);
  return ErrorOf(*answer, attempt);
}

base::Error SourceClient::ErrorOf(const http_client::Answer& answer, resilience::Attempt& attempt) {
  constexpr std::size_t kShown = 200;
  // A secret that begins within what is shown ends within what is looked at.
  constexpr std::size_t kLooked = 4096;
  const ErrorCode code = CodeOf(answer.status);
  std::optional<std::chrono::seconds> wait = AskedWait(answer, clock_.Now());
  if (code == ErrorCode::kResourceExhausted && !wait) wait = kUnsaidWait;
  if (wait && (code == ErrorCode::kResourceExhausted || code == ErrorCode::kUnavailable)) {
    attempt.AskedToWait(*wait);
    // Other requests of this process wait too.
    for (const auto& bucket : buckets_) bucket->HoldUntil(clock_.MonotonicNow() + *wait);
  }
  return {code, fmt::format("{} answered {}{}{}{}", name_, answer.status, HintFor(answer.status),
                            answer.body.empty() ? "" : ": ",
                            ingest::Readable(Masked(answer.body.substr(0, kLooked)), kShown))};
}

base::Error SourceClient::Judged(const base::Error& error, resilience::Attempt& attempt) {
  if (error.code() == ErrorCode::kDataLoss) {
    return {ErrorCode::kUnavailable, Masked(error.ToString())};
  }
  if (error.code() == ErrorCode::kResourceExhausted) attempt.AskedToWait(kUnsaidWait);
  return {error.code(), Masked(error.ToString())};
}

std::string SourceClient::Masked(std::string text) const {
  if (secret_.empty()) return text;
  for (std::size_t at = text.find(secret_); at != std::string::npos; at = text.find(secret_, at)) {
    text.replace(at, secret_.size(), "***");
  }
  return text;
}

}  // namespace geoclimate::fetch
