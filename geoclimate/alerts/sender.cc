#include "geoclimate/alerts/sender.h"

#include <algorithm>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/log.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/http_client/retry_after.h"
#include "geoclimate/http_client/url.h"

namespace geoclimate::alerts {
namespace {

using base::ErrorCode;
using base::Result;
using http_client::Answer;

// Events that are looked at together, and of these for one receiver.
constexpr std::size_t kRound = 256;
constexpr std::size_t kOfOneReceiver = 32;
constexpr std::size_t kMostAnswerBytes = std::size_t{1} << 20;
constexpr int kGone = 410;

telemetry::Counter Outcomes(telemetry::MetricRegistry& metrics, std::string_view outcome) {
  return metrics.AddCounter("alert_deliveries_total", "Attempts to deliver an event to a webhook",
                            {{"outcome", outcome}});
}

bool IsSuccess(const Result<Answer>& answer) {
  return answer.ok() && answer->status >= 200 && answer->status <= 299;
}

// Whether the way to the receiver is what failed.
bool IsNoAnswer(const Result<Answer>& answer) {
  return !answer.ok() && (answer.error().code() == ErrorCode::kUnavailable ||
                          answer.error().code() == ErrorCode::kDeadlineExceeded ||
                          answer.error().code() == ErrorCode::kDataLoss);
}

std::string Describe(const Result<Answer>& answer) {
  if (!answer.ok()) return answer.error().message();
  return fmt::format(
      "status {}{}", answer->status,
      answer->status >= 300 && answer->status <= 399 ? " (redirects are not followed)" : "");
}

// By receiver, in the order of the events.
std::vector<std::vector<store::AlertEvent>> ByReceiver(std::vector<store::AlertEvent> events) {
  std::map<std::string, std::size_t> places;
  std::vector<std::vector<store::AlertEvent>> groups;
  for (store::AlertEvent& event : events) {
    const auto parts = http_client::ParseUrl(event.target);
    const std::string receiver = parts.ok() ? parts->Origin() : event.target;
    const auto [place, is_new] = places.try_emplace(receiver, groups.size());
    if (is_new) groups.emplace_back();
    std::vector<store::AlertEvent>& group = groups[place->second];
    if (group.size() < kOfOneReceiver) group.push_back(std::move(event));
  }
  return groups;
}

}  // namespace

Result<void> SenderOptions::Validate() const {
  if (timeout < std::chrono::milliseconds(1) || timeout > std::chrono::minutes(2)) {
    return base::InvalidArgument("the timeout of a webhook is from 1 ms to 2 minutes");
  }
  if (senders < 1 || senders > 64) return base::InvalidArgument("there are 1 to 64 senders");
  return retry.Validate();
}

Sender::Sender(const SenderTools& tools, const SenderOptions& options, std::uint64_t seed)
    : tools_(tools),
      options_(options),
      budget_(resilience::RetryBudgetOptions()),
      retry_(options.retry, budget_, tools.clock, sleeper_, seed),
      delivered_(Outcomes(tools.metrics, "delivered")),
      failed_(Outcomes(tools.metrics, "failed")),
      dead_(Outcomes(tools.metrics, "dead")),
      refused_(Outcomes(tools.metrics, "refused")),
      dropped_(tools.metrics.AddCounter("alert_dead_letters_dropped_total",
                                        "Dead letters that went because there were newer ones")) {}

// What the threads of a round share.
struct Sender::Round {
  std::vector<std::vector<store::AlertEvent>> groups;
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> tried{0};
  base::Mutex mutex;
  std::optional<base::Error> failure GUARDED_BY(mutex);
};

Result<std::size_t> Sender::SendDue(const std::function<bool()>& may_send, std::stop_token stop) {
  GC_ASSIGN_OR_RETURN(std::vector<store::AlertEvent> due,
                      tools_.store.Due(tools_.clock.Now(), kRound));
  Round round;
  round.groups = ByReceiver(std::move(due));
  const auto work = [&] {
    for (std::size_t at = round.next++; at < round.groups.size(); at = round.next++) {
      for (const store::AlertEvent& event : round.groups[at]) {
        if (stop.stop_requested() || !may_send()) return;
        const Result<Outcome> outcome = SendOne(event, stop);
        if (!outcome.ok()) {
          const base::MutexLock lock(round.mutex);
          round.failure = outcome.error();
          return;
        }
        if (*outcome != Outcome::kNotTried) ++round.tried;
        if (*outcome != Outcome::kAnswered) break;
      }
    }
  };
  std::vector<std::thread> threads;
  const std::size_t wanted =
      std::min(round.groups.size(), static_cast<std::size_t>(options_.senders));
  for (std::size_t i = 1; i < wanted; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  const base::MutexLock lock(round.mutex);
  if (round.failure) return *round.failure;
  return round.tried.load();
}

Result<Sender::Outcome> Sender::SendOne(const store::AlertEvent& event,
                                        const std::stop_token& stop) {
  if (event.key_id != tools_.key.id()) {
    store::AlertEvent lost = event;
    lost.error = "the alert was made with another signing key: make it anew";
    GC_RETURN_IF_ERROR(Bury(std::move(lost), refused_));
    return Outcome::kAnswered;
  }
  std::optional<resilience::CallPermit> permit = tools_.breaker.TryAcquire();
  // No attempt of the event's: nothing is known against its receiver.
  if (!permit) return Outcome::kNotTried;
  const base::Instant begin = tools_.clock.MonotonicNow();
  const Result<Answer> answer = Post(event, stop);
  const auto took = tools_.clock.MonotonicNow() - begin;
  if (!answer.ok() && answer.error().code() == ErrorCode::kCancelled) return Outcome::kNotTried;
  if (IsNoAnswer(answer)) {
    permit->Failed(took);
  } else if (answer.ok() || answer.error().code() != ErrorCode::kPermissionDenied) {
    permit->Succeeded(took);
  }
  GC_RETURN_IF_ERROR(Settle(event, answer));
  return IsNoAnswer(answer) ? Outcome::kNoAnswer : Outcome::kAnswered;
}

Result<Answer> Sender::Post(const store::AlertEvent& event, const std::stop_token& stop) {
  const base::Timestamp now = tools_.clock.Now();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  const std::string secret = tools_.key.SecretOf(event.alert);
  http_client::Request request;
  request.method = "POST";
  request.url = event.target;
  request.headers = {{"Content-Type", "application/json"},
                     {"Webhook-Id", event.id},
                     {"Webhook-Timestamp", fmt::format("{}", seconds)},
                     {"Webhook-Signature", SignEvent(secret, event.id, now, event.body)}};
  request.body = event.body;
  request.max_answer_bytes = kMostAnswerBytes;
  request.sink = [](std::string_view) { return Result<void>(); };
  request.deadline = base::Deadline::After(tools_.clock, options_.timeout);
  request.stop = stop;
  return tools_.webhooks.Send(std::move(request));
}

Result<void> Sender::Settle(store::AlertEvent event, const Result<Answer>& answer) {
  if (IsSuccess(answer)) {
    delivered_.Add();
    return tools_.store.Delivered(event.id);
  }
  ++event.attempts;
  event.error = Describe(answer);
  if (!answer.ok() && answer.error().code() == ErrorCode::kPermissionDenied) {
    // Its owner is not told which address a name has in here.
    event.error = "the target may not be reached: its addresses are not all public";
    return Bury(std::move(event), refused_);
  }
  if (answer.ok() && answer->status == kGone) return Bury(std::move(event), dead_);
  if (event.attempts >= static_cast<int>(options_.retry.max_attempts)) {
    return Bury(std::move(event), dead_);
  }
  return TryLater(std::move(event), answer);
}

Result<void> Sender::TryLater(store::AlertEvent event, const Result<Answer>& answer) {
  failed_.Add();
  const base::Timestamp now = tools_.clock.Now();
  std::chrono::nanoseconds wait = retry_.BackOff(static_cast<std::uint32_t>(event.attempts));
  if (answer.ok()) {
    const auto field = answer->Header("Retry-After");
    const auto asked = field ? http_client::ParseRetryAfter(*field, now) : std::nullopt;
    if (asked) {
      wait = std::max<std::chrono::nanoseconds>(
          wait, std::min<std::chrono::nanoseconds>(*asked, options_.retry.longest_asked_wait));
    }
  }
  event.due_at = now + std::chrono::ceil<std::chrono::microseconds>(wait);
  return tools_.store.Postpone(event);
}

Result<void> Sender::Bury(store::AlertEvent event, const telemetry::Counter& outcome) {
  outcome.Add();
  event.ended_at = tools_.clock.Now();
  base::Log(base::LogLevel::kWarning, "alerts", "an event is given up: it is a dead letter now",
            {{"event", event.id},
             {"alert", event.alert},
             {"attempts", fmt::format("{}", event.attempts)},
             {"error", event.error}});
  GC_ASSIGN_OR_RETURN(const std::uint64_t gone,
                      tools_.store.Bury(event, options_.most_dead_letters));
  dropped_.Add(gone);
  return {};
}

}  // namespace geoclimate::alerts
