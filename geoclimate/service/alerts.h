#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/alerts/alert_rule.h"
#include "geoclimate/alerts/alert_state.h"
#include "geoclimate/alerts/sender.h"
#include "geoclimate/alerts/signing.h"
#include "geoclimate/alerts/webhook_client.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/blob_store.h"
#include "geoclimate/blob/kept_lease.h"
#include "geoclimate/resilience/circuit_breaker.h"
#include "geoclimate/service/alert_readings.h"
#include "geoclimate/service/follow_log.h"
#include "geoclimate/service/watcher.h"
#include "geoclimate/store/alert_store.h"
#include "geoclimate/store/observation_store.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::service {

using AlertEvent = store::AlertEvent;

// None changes at run time.
struct AlertsOptions {
  // How often it is looked whether something has changed, and whether an event's time has come.
  std::chrono::milliseconds look_every{5000};
  // After so long another process goes on in the place of one that has died.
  std::chrono::seconds lease{30};
  // Alerts of one owner.
  std::size_t most_of_owner = 100;
  std::string holder = "serve";  // who holds the lease, for people
  alerts::SenderOptions sender;
  std::uint64_t seed = 0;  // decides the jitter

  base::Result<void> Validate() const;
};

// What alerts live on. All must outlive them.
struct AlertsParts {
  store::AlertStore& store;
  store::ObservationStore& observations;
  blob::BlobStore& blobs;  // for the lease
  const alerts::WebhookClient& webhooks;
  const alerts::SigningKey& key;
  resilience::CircuitBreaker& breaker;
  AlertSources sources;
  const base::Clock& clock;
  telemetry::MetricRegistry& metrics;
};

// Whose alerts a caller sees and changes.
struct AlertOwner {
  std::string name;
  enum class Sees : std::uint8_t { kOwn, kAll } sees = Sees::kOwn;
};

struct Alert {
  std::string id;
  std::string owner;
  base::Timestamp created_at;
  alerts::AlertRule rule;
  alerts::AlertState state;
};

struct NewAlert {
  Alert alert;
  std::string secret;  // told this once
};

// Webhooks that are called when a forecast or an observation crosses a threshold.
//
// Of all processes on one store one evaluates and sends, under a lease; the others take callers'
// alerts in as well and stand by. It evaluates when there is a new forecast table, a new
// observation or a new alert, and again while quiet hours or a cooldown hold something back. A
// crossing becomes an event in the same transaction in which the alert notes that it is told; the
// event leaves the store when it has arrived.
//
// Metrics: those of alerts::Sender, alert_events_total{type}, alerts_defined, alert_events_pending,
// alert_events_oldest_pending_seconds, alert_dead_letters.
//
// Thread-safe.
class Alerts {
 public:
  static base::Result<std::unique_ptr<Alerts>> Start(const AlertsParts& parts,
                                                     const AlertsOptions& options);
  // Ends a delivery that is under way within about a second, and gives the lease back.
  ~Alerts();

  // From the JSON of a caller. kInvalidArgument naming the field, also for a site that is not known
  // and a target that may not be reached; kResourceExhausted when the owner has too many.
  base::Result<NewAlert> Create(const AlertOwner& owner, std::string_view json);
  // By age.
  base::Result<std::vector<Alert>> List(const AlertOwner& owner);
  // kNotFound, for those of others too.
  base::Result<Alert> Find(const AlertOwner& owner, std::string_view id);
  base::Result<void> Remove(const AlertOwner& owner, std::string_view id);
  // Events that were given up, the newest first.
  base::Result<std::vector<AlertEvent>> DeadLetters(const AlertOwner& owner, std::size_t limit);
  // Sends one again, with its id. kNotFound.
  base::Result<void> Redeliver(const AlertOwner& owner, std::string_view event);

  // Looks soon: new observations, a new table.
  void Nudge() { evaluating_->Nudge(); }

  // What the background threads do. Both do nothing while another process holds the lease, and give
  // whether this one does.
  base::Result<bool> Look() EXCLUDES(mutex_, looking_);
  base::Result<bool> Send() EXCLUDES(mutex_, sending_once_);

 private:
  // What a pass over all alerts was made on.
  struct Basis {
    std::uint64_t observations = 0;
    std::string table;
    std::uint64_t alerts = 0;
    std::optional<base::Timestamp> newest;
    friend bool operator==(const Basis&, const Basis&) = default;
  };

  Alerts(const AlertsParts& parts, const AlertsOptions& options);

  base::Result<bool> HoldLease() EXCLUDES(mutex_);
  std::shared_ptr<blob::KeptLease> lease() EXCLUDES(mutex_);
  void Show(const store::AlertSummary& summary) const;
  base::Result<Basis> CurrentBasis(const store::AlertSummary& summary) const;
  enum class Which : std::uint8_t { kAll, kUnsettled };
  // Gives whether all could be evaluated.
  base::Result<bool> Evaluate(Which which);
  // Gives whether there is something to be told.
  base::Result<bool> EvaluateOne(const store::AlertRecord& record, AlertReadings& readings,
                                 base::Timestamp now);

  const AlertsParts parts_;
  const AlertsOptions options_;
  const telemetry::Counter raised_;
  const telemetry::Counter ended_;
  const telemetry::Gauge defined_;
  const telemetry::Gauge pending_;
  const telemetry::Gauge oldest_pending_;
  const telemetry::Gauge dead_;
  alerts::Sender sender_;
  std::stop_source stop_;

  base::Mutex looking_;  // one Look() at a time
  std::optional<Basis> last_ GUARDED_BY(looking_);
  FollowLog look_log_{"alerts"};                // of the evaluating thread
  FollowLog send_log_{"the events of alerts"};  // of the sending thread

  base::Mutex sending_once_;  // one Send() at a time: two would send the same

  base::Mutex mutex_;
  std::shared_ptr<blob::KeptLease> lease_ GUARDED_BY(mutex_);

  // Last: stop before what they use goes, the one that nudges the other first.
  std::unique_ptr<Watcher> sending_;
  std::unique_ptr<Watcher> evaluating_;
};

}  // namespace geoclimate::service
