#include "geoclimate/access/key_ring.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/log.h"
#include "geoclimate/telemetry/trace_context.h"

namespace geoclimate::access {
namespace {

base::Timestamp EndOf(const store::ApiKeyRecord& key) {
  return std::min(key.expires_at.value_or(base::Timestamp::max()),
                  key.revoked_at.value_or(base::Timestamp::max()));
}

// Tells of a trouble once, and of its end.
class Trouble {
 public:
  void Note(const base::Result<void>& result, std::string_view doing) {
    if (result.ok() == troubled_) {
      if (troubled_) {
        base::Log(base::LogLevel::kInfo, "access", "the store of keys is back");
      } else {
        base::Log(base::LogLevel::kWarning, "access", "the last known keys go on to count",
                  {{"doing", std::string(doing)}, {"error", result.error().ToString()}});
      }
      troubled_ = !troubled_;
    }
  }

 private:
  bool troubled_ = false;
};

}  // namespace

base::Result<std::unique_ptr<KeyRing>> KeyRing::Start(store::ApiKeyStore& store,
                                                      const base::Clock& clock,
                                                      const KeyRingOptions& options) {
  std::unique_ptr<KeyRing> ring(new KeyRing(store, clock, options));
  GC_RETURN_IF_ERROR(ring->Refresh());
  GC_RETURN_IF_ERROR(ring->Record());
  ring->thread_ = std::thread([&follower = *ring] { follower.Run(); });
  return ring;
}

KeyRing::KeyRing(store::ApiKeyStore& store, const base::Clock& clock, const KeyRingOptions& options)
    : store_(store), clock_(clock), options_(options) {
  report_.recorder = fmt::format("{:016x}{:016x}", telemetry::RandomId(), telemetry::RandomId());
}

KeyRing::~KeyRing() {
  {
    const base::MutexLock lock(stop_mutex_);
    stopping_ = true;
    stopped_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
  if (const auto recorded = Record(); !recorded.ok()) {
    base::Log(base::LogLevel::kWarning, "access", "the last uses of keys are lost",
              {{"error", recorded.error().ToString()}});
  }
}

std::shared_ptr<const KeyTable> KeyRing::Table() const {
  const base::MutexLock lock(mutex_);
  return table_;
}

Activity* KeyRing::ActivityOf(const store::ApiKeyRecord& key) {
  Known& known = known_[key.prefix];
  if (known.activity == nullptr) {
    const ActivityLimits limits{.rate = options_.rate,
                                .requests_per_minute = key.requests_per_minute,
                                .daily_rows = key.daily_rows};
    known.activity = std::make_unique<Activity>(key.prefix, key.name, limits, clock_);
    known.recorded_use = key.last_used_at.value_or(base::Timestamp());
  }
  return known.activity.get();
}

base::Result<void> KeyRing::ReadKeys() {
  GC_ASSIGN_OR_RETURN(const std::vector<store::ApiKeyRecord> keys, store_.List());
  std::vector<KeyTable::Entry> entries;
  entries.reserve(keys.size());
  for (const store::ApiKeyRecord& key : keys) {
    const auto scopes = ScopeSet::Parse(key.scopes);
    // Of a newer version of the program: it opens nothing here.
    if (!scopes.ok()) continue;
    entries.push_back({.digest = key.digest,
                       .ends_at = EndOf(key),
                       .scopes = *scopes,
                       .activity = ActivityOf(key)});
  }
  auto table = std::make_shared<const KeyTable>(std::move(entries));
  {
    const base::MutexLock lock(mutex_);
    table_.swap(table);
  }
  version_.fetch_add(1, std::memory_order_release);
  return {};
}

base::Result<void> KeyRing::Refresh() {
  const base::MutexLock lock(work_mutex_);
  const base::Timestamp asked_at = clock_.Now();
  // Read before the keys: a change in between is seen again, never missed.
  GC_ASSIGN_OR_RETURN(const std::int64_t revision, store_.Revision());
  if (revision != revision_) {
    GC_RETURN_IF_ERROR(ReadKeys());
    revision_ = revision;
  }
  trusted_until_.store((asked_at + options_.trust_for).time_since_epoch().count(),
                       std::memory_order_relaxed);
  return {};
}

void KeyRing::GatherReport() {
  for (auto& [prefix, known] : known_) {
    const Activity::Totals totals = known.activity->totals();
    const base::Timestamp used = known.activity->last_used();
    const bool nothing_new = totals.requests == known.recorded.requests &&
                             totals.rows <= known.recorded.rows && used <= known.recorded_use;
    if (nothing_new) continue;
    report_.uses.push_back(
        {.prefix = prefix,
         .last_used_at = std::max(used, known.recorded_use),
         .day = day_,
         .requests = totals.requests - known.recorded.requests,
         // A batch that is being refused may stand in the later total only.
         .rows = std::max(totals.rows, known.recorded.rows) - known.recorded.rows});
    reported_.emplace_back(&known, totals);
  }
  if (!report_.uses.empty()) ++report_.number;
}

base::Result<void> KeyRing::SendReport() {
  if (report_.uses.empty()) return {};
  GC_RETURN_IF_ERROR(store_.RecordUse(report_));
  for (std::size_t i = 0; i < reported_.size(); ++i) {
    Known& known = *reported_[i].first;
    known.recorded_use = report_.uses[i].last_used_at;
    known.recorded.requests = reported_[i].second.requests;
    known.recorded.rows += report_.uses[i].rows;
  }
  report_.uses.clear();
  reported_.clear();
  return {};
}

base::Result<void> KeyRing::RecordUses() {
  // One whose answer was lost goes again, as it was.
  GC_RETURN_IF_ERROR(SendReport());
  GatherReport();
  return SendReport();
}

base::Result<void> KeyRing::ReadDay(base::LocalDay day) {
  GC_ASSIGN_OR_RETURN(const std::vector<store::ApiKeyUsage> usage, store_.UsageOf(day));
  day_ = day;
  std::map<std::string_view, Activity::Totals> by_key;
  for (const store::ApiKeyUsage& one : usage) by_key[one.prefix] = {one.requests, one.rows};
  for (auto& [prefix, known] : known_) {
    const auto found = by_key.find(prefix);
    known.activity->SetDay(found == by_key.end() ? Activity::Totals() : found->second,
                           known.recorded);
  }
  return {};
}

base::Result<void> KeyRing::Record() {
  const base::MutexLock lock(work_mutex_);
  const base::LocalDay today = base::DayOf(clock_.Now(), std::chrono::minutes(0));
  GC_RETURN_IF_ERROR(RecordUses());
  return ReadDay(today);
}

bool KeyRing::DayHasEnded() {
  const base::MutexLock lock(work_mutex_);
  return day_ != base::DayOf(clock_.Now(), std::chrono::minutes(0));
}

void KeyRing::Run() {
  const base::SystemClock real;  // threads wait in real time, whatever the clock of a test says
  base::Instant next_record = real.MonotonicNow() + options_.record_interval;
  Trouble refreshing;
  Trouble recording;
  while (true) {
    {
      const base::Deadline next = base::Deadline::After(real, options_.refresh_interval);
      const base::MutexLock lock(stop_mutex_);
      while (!stopping_ && stopped_.WaitUntil(stop_mutex_, next)) {
      }
      if (stopping_) return;
    }
    refreshing.Note(Refresh(), "reading keys");
    if (real.MonotonicNow() < next_record && !DayHasEnded()) continue;
    recording.Note(Record(), "recording uses");
    next_record = real.MonotonicNow() + options_.record_interval;
  }
}

}  // namespace geoclimate::access
