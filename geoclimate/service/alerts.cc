#include "geoclimate/service/alerts.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/log.h"
#include "geoclimate/service/alert_event.h"

namespace geoclimate::service {
namespace {

using base::Result;

constexpr std::string_view kLeaseKey = "alerts/lease.json";
// What looking up a target's name may take while its owner waits.
constexpr std::chrono::seconds kLookUp{5};

telemetry::Counter EventsOf(telemetry::MetricRegistry& metrics, alerts::EventKind kind) {
  return metrics.AddCounter("alert_events_total", "Events that alerts gave rise to",
                            {{"type", alerts::EventKindName(kind)}});
}

alerts::AlertState StateOf(const store::AlertProgress& progress) {
  return {.phase = static_cast<alerts::Phase>(progress.phase & 3),
          .episode = progress.episode,
          .last_event_at = progress.last_event_at};
}

store::AlertProgress ProgressOf(const alerts::AlertState& state) {
  return {.phase = static_cast<int>(state.phase),
          .episode = state.episode,
          .last_event_at = state.last_event_at};
}

Result<Alert> AlertOf(const store::AlertRecord& record) {
  auto rule = alerts::ParseAlertRule(record.rule);
  if (!rule.ok()) return base::DataLoss(record.id + ": " + rule.error().message());
  return Alert{.id = record.id,
               .owner = record.owner,
               .created_at = record.created_at,
               .rule = *std::move(rule),
               .state = StateOf(record.progress)};
}

bool MaySee(const AlertOwner& owner, const std::string& whose) {
  return owner.sees == AlertOwner::Sees::kAll || owner.name == whose;
}

std::optional<std::string> OwnersOnly(const AlertOwner& owner) {
  if (owner.sees == AlertOwner::Sees::kAll) return std::nullopt;
  return owner.name;
}

}  // namespace

Result<void> AlertsOptions::Validate() const {
  if (look_every < std::chrono::milliseconds(1)) {
    return base::InvalidArgument("look_every must be at least 1 ms");
  }
  if (lease < std::chrono::seconds(1) || lease < 2 * sender.timeout) {
    return base::InvalidArgument("the lease must be twice the timeout of a webhook at least");
  }
  return sender.Validate();
}

Alerts::Alerts(const AlertsParts& parts, const AlertsOptions& options)
    : parts_(parts),
      options_(options),
      raised_(EventsOf(parts.metrics, alerts::EventKind::kRaised)),
      ended_(EventsOf(parts.metrics, alerts::EventKind::kEnded)),
      defined_(parts.metrics.AddGauge("alerts_defined", "Alerts that callers have made")),
      pending_(parts.metrics.AddGauge("alert_events_pending", "Events on their way to a webhook")),
      oldest_pending_(parts.metrics.AddGauge("alert_events_oldest_pending_seconds",
                                             "How long ago the oldest event on its way came up")),
      dead_(parts.metrics.AddGauge("alert_dead_letters", "Events that were given up")),
      sender_({.store = parts.store,
               .webhooks = parts.webhooks,
               .key = parts.key,
               .breaker = parts.breaker,
               .clock = parts.clock,
               .metrics = parts.metrics},
              options.sender, options.seed) {}

Result<std::unique_ptr<Alerts>> Alerts::Start(const AlertsParts& parts,
                                              const AlertsOptions& options) {
  GC_RETURN_IF_ERROR(options.Validate());
  std::unique_ptr<Alerts> alerts(new Alerts(parts, options));
  Alerts* const raw = alerts.get();
  const auto only_error = [](const Result<bool>& done) -> Result<void> {
    if (!done.ok()) return done.error();
    return {};
  };
  alerts->sending_ = std::make_unique<Watcher>(
      options.look_every, [raw, only_error] { raw->send_log_.Report(only_error(raw->Send())); });
  alerts->evaluating_ = std::make_unique<Watcher>(
      options.look_every, [raw, only_error] { raw->look_log_.Report(only_error(raw->Look())); });
  alerts->Nudge();
  return alerts;
}

Alerts::~Alerts() {
  stop_.request_stop();
  evaluating_.reset();
  sending_.reset();
}

Result<NewAlert> Alerts::Create(const AlertOwner& owner, std::string_view json) {
  NewAlert made;
  GC_ASSIGN_OR_RETURN(made.alert.rule, alerts::ParseAlertRule(json));
  const alerts::AlertRule& rule = made.alert.rule;
  if (rule.site && parts_.sources.sites.Directory()->Find(*rule.site) == nullptr) {
    return base::InvalidArgument("field 'site_id': there is no site '" + rule.site->ToString() +
                                 "'");
  }
  GC_RETURN_IF_ERROR(parts_.webhooks.Check(rule.url, base::Deadline::After(parts_.clock, kLookUp)));
  GC_ASSIGN_OR_RETURN(made.alert.id, alerts::MakeId("alr_"));
  made.alert.owner = owner.name;
  made.alert.created_at = parts_.clock.Now();
  made.secret = alerts::ShownSecret(parts_.key.SecretOf(made.alert.id));
  store::AlertRecord record;
  record.id = made.alert.id;
  record.owner = owner.name;
  record.created_at = made.alert.created_at;
  record.rule = alerts::EncodeAlertRule(rule);
  record.key_id = parts_.key.id();
  GC_RETURN_IF_ERROR(parts_.store.Add(record, options_.most_of_owner));
  Nudge();
  return made;
}

Result<std::vector<Alert>> Alerts::List(const AlertOwner& owner) {
  GC_ASSIGN_OR_RETURN(const std::vector<store::AlertRecord> records, parts_.store.List());
  std::vector<Alert> found;
  for (const store::AlertRecord& record : records) {
    if (!MaySee(owner, record.owner)) continue;
    GC_ASSIGN_OR_RETURN(Alert alert, AlertOf(record));
    found.push_back(std::move(alert));
  }
  return found;
}

Result<Alert> Alerts::Find(const AlertOwner& owner, std::string_view id) {
  GC_ASSIGN_OR_RETURN(const store::AlertRecord record, parts_.store.Find(id));
  if (!MaySee(owner, record.owner)) {
    return base::NotFound("there is no alert '" + std::string(id) + "'");
  }
  return AlertOf(record);
}

Result<void> Alerts::Remove(const AlertOwner& owner, std::string_view id) {
  const auto found = Find(owner, id);
  if (!found.ok() && found.error().code() != base::ErrorCode::kDataLoss) return found.error();
  return parts_.store.Remove(id);
}

Result<std::vector<AlertEvent>> Alerts::DeadLetters(const AlertOwner& owner, std::size_t limit) {
  return parts_.store.DeadLetters({.owner = OwnersOnly(owner), .limit = limit});
}

Result<void> Alerts::Redeliver(const AlertOwner& owner, std::string_view event) {
  GC_RETURN_IF_ERROR(parts_.store.Revive(event, OwnersOnly(owner), parts_.clock.Now()));
  sending_->Nudge();
  return {};
}

std::shared_ptr<blob::KeptLease> Alerts::lease() {
  const base::MutexLock lock(mutex_);
  return lease_;
}

Result<bool> Alerts::HoldLease() {
  if (const auto held = lease(); held != nullptr && held->held()) return true;
  {
    // What ran out is given back before it is asked for again.
    std::shared_ptr<blob::KeptLease> lost;
    const base::MutexLock lock(mutex_);
    lost.swap(lease_);
  }
  auto taken = blob::KeptLease::Acquire(parts_.blobs, parts_.clock,
                                        {.key = std::string(kLeaseKey), .time = options_.lease},
                                        options_.holder);
  if (!taken.ok()) {
    if (taken.error().code() == base::ErrorCode::kAborted) return false;
    return taken.error();
  }
  const base::MutexLock lock(mutex_);
  lease_ = *std::move(taken);
  return true;
}

void Alerts::Show(const store::AlertSummary& summary) const {
  defined_.Set(static_cast<double>(summary.alerts));
  pending_.Set(static_cast<double>(summary.pending));
  dead_.Set(static_cast<double>(summary.dead));
  const std::chrono::duration<double> oldest = summary.oldest_pending
                                                   ? parts_.clock.Now() - *summary.oldest_pending
                                                   : std::chrono::microseconds(0);
  oldest_pending_.Set(oldest.count());
}

Result<Alerts::Basis> Alerts::CurrentBasis(const store::AlertSummary& summary) const {
  Basis basis{.observations = 0, .table = {}, .alerts = summary.alerts, .newest = summary.newest};
  GC_ASSIGN_OR_RETURN(basis.observations, parts_.observations.Generation());
  const auto table = parts_.sources.forecasts.Current(parts_.clock.Now());
  if (table.ok()) basis.table = (*table)->digest();
  return basis;
}

Result<bool> Alerts::Look() {
  const base::MutexLock lock(looking_);
  GC_ASSIGN_OR_RETURN(const store::AlertSummary summary, parts_.store.Summary());
  Show(summary);
  if (summary.alerts == 0) return false;
  GC_ASSIGN_OR_RETURN(const bool holds, HoldLease());
  if (!holds) {
    // Whoever holds it has moved the alerts on when it comes here.
    last_.reset();
    return false;
  }
  if (summary.pending > 0) sending_->Nudge();
  GC_ASSIGN_OR_RETURN(const Basis basis, CurrentBasis(summary));
  if (last_ == basis && summary.unsettled == 0) return true;
  // Which days have values is known before they are asked for: the directory follows the store by
  // itself, and would be late here.
  GC_RETURN_IF_ERROR(parts_.sources.sites.Refresh());
  GC_ASSIGN_OR_RETURN(const bool whole, Evaluate(last_ == basis ? Which::kUnsettled : Which::kAll));
  last_ = whole ? std::optional(basis) : std::nullopt;
  return true;
}

Result<bool> Alerts::Evaluate(Which which) {
  const base::Timestamp now = parts_.clock.Now();
  GC_ASSIGN_OR_RETURN(const std::vector<store::AlertRecord> records, parts_.store.List());
  AlertReadings readings(parts_.sources, now);
  bool told = false;
  std::size_t failed = 0;
  std::optional<base::Error> failure;
  for (const store::AlertRecord& record : records) {
    if (stop_.stop_requested()) return false;
    if (which == Which::kUnsettled && record.progress.phase % 2 == 0) continue;
    const auto evaluated = EvaluateOne(record, readings, now);
    if (evaluated.ok()) {
      told = told || *evaluated;
      continue;
    }
    // kAborted: it was removed, or another process has moved it on.
    ++failed;
    if (!failure && evaluated.error().code() != base::ErrorCode::kAborted) {
      failure = evaluated.error().WithContext(record.id);
    }
  }
  if (failure) {
    base::Log(base::LogLevel::kWarning, "alerts", "not every alert could be evaluated",
              {{"alerts", fmt::format("{}", failed)}, {"error", failure->ToString()}});
  }
  if (told) sending_->Nudge();
  return failed == 0;
}

Result<bool> Alerts::EvaluateOne(const store::AlertRecord& record, AlertReadings& readings,
                                 base::Timestamp now) {
  GC_ASSIGN_OR_RETURN(const Alert alert, AlertOf(record));
  GC_ASSIGN_OR_RETURN(const std::optional<AlertReading> reading, readings.Read(alert.rule));
  // Nothing is known now: it stays where it was.
  if (!reading) return false;
  const alerts::Step step = alerts::Advance(alert.rule, alert.state, reading->reading, now);
  if (step.state == alert.state) return false;
  std::optional<store::AlertEvent> event;
  if (step.event) {
    event.emplace();
    GC_ASSIGN_OR_RETURN(event->id, alerts::MakeId("evt_"));
    event->alert = record.id;
    event->key_id = record.key_id;
    event->target = alert.rule.url;
    event->body = RenderAlertEvent(event->id, record.id, *step.event, alert.rule, *reading, now);
    event->created_at = now;
    event->due_at = now;
  }
  GC_RETURN_IF_ERROR(parts_.store.Advance(record.id, record.turn, ProgressOf(step.state), event));
  if (step.event) (*step.event == alerts::EventKind::kRaised ? raised_ : ended_).Add();
  return step.event.has_value();
}

Result<bool> Alerts::Send() {
  const base::MutexLock lock(sending_once_);
  const auto held = lease();
  if (held == nullptr || !held->held()) return false;
  GC_ASSIGN_OR_RETURN(const std::size_t sent,
                      sender_.SendDue([&held] { return held->held(); }, stop_.get_token()));
  static_cast<void>(sent);
  return true;
}

}  // namespace geoclimate::service
