#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "geoclimate/alerts/signing.h"
#include "geoclimate/alerts/webhook_client.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/resilience/circuit_breaker.h"
#include "geoclimate/resilience/retry.h"
#include "geoclimate/resilience/retry_budget.h"
#include "geoclimate/resilience/sleeper.h"
#include "geoclimate/store/alert_store.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::alerts {

// None changes at run time.
struct SenderOptions {
  // What a receiver may take to answer. Longer waits for slow ones and holds a sender meanwhile.
  std::chrono::milliseconds timeout{10'000};
  // Receivers that are sent to at the same time.
  int senders = 4;
  // How often an event is tried and how long after one another: with these values for about two
  // hours. A longer wait that a receiver asks for (Retry-After) is kept up to the cap.
  resilience::RetryOptions retry = {.max_attempts = 10,
                                    .base = std::chrono::seconds(30),
                                    .cap = std::chrono::hours(1),
                                    .jitter = resilience::Jitter::kFull,
                                    .longest_asked_wait = std::chrono::hours(1)};
  // Dead letters that are kept; older ones go.
  std::size_t most_dead_letters = 1000;

  base::Result<void> Validate() const;
};

// All must outlive the sender.
struct SenderTools {
  store::AlertStore& store;
  const WebhookClient& webhooks;
  const SigningKey& key;
  resilience::CircuitBreaker& breaker;
  const base::Clock& clock;
  telemetry::MetricRegistry& metrics;
};

// Delivers events: each is posted, signed, until a receiver answers 2xx, then removed; at least
// once, with the same id each time. What fails is tried again after a growing random time, in the
// end it is a dead letter; at once when it may not be reached, the receiver says that it is gone
// (410), or its alert was made with another key.
//
// Receivers are independent: of one that gives no answer nothing more is tried in this round, and
// only such failures count for the breaker, which stops all while the outside cannot be reached.
//
// Metrics: alert_deliveries_total{outcome=delivered|failed|dead|refused},
// alert_dead_letters_dropped_total.
//
// Thread-safe, though one process at a time is to send: see blob::KeptLease.
class Sender {
 public:
  // `seed` decides the jitter.
  Sender(const SenderTools& tools, const SenderOptions& options, std::uint64_t seed);

  // Sends what is due now, up to a round's worth, while `may_send` says so and nothing stops it;
  // gives how many were tried. Errors are the store's.
  base::Result<std::size_t> SendDue(const std::function<bool()>& may_send, std::stop_token stop);

 private:
  enum class Outcome : std::uint8_t { kAnswered, kNoAnswer, kNotTried };

  struct Round;
  base::Result<Outcome> SendOne(const store::AlertEvent& event, const std::stop_token& stop);
  base::Result<http_client::Answer> Post(const store::AlertEvent& event,
                                         const std::stop_token& stop);
  base::Result<void> Settle(store::AlertEvent event,
                            const base::Result<http_client::Answer>& answer);
  base::Result<void> TryLater(store::AlertEvent event,
                              const base::Result<http_client::Answer>& answer);
  base::Result<void> Bury(store::AlertEvent event, const telemetry::Counter& outcome);

  const SenderTools tools_;
  const SenderOptions options_;
  resilience::RetryBudget budget_;
  resilience::ThreadSleeper sleeper_;
  resilience::Retry retry_;  // for its back-off alone
  const telemetry::Counter delivered_;
  const telemetry::Counter failed_;
  const telemetry::Counter dead_;
  const telemetry::Counter refused_;
  const telemetry::Counter dropped_;
};

}  // namespace geoclimate::alerts
