#include "geoclimate/access/audit_backlog.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/log.h"

namespace geoclimate::access {

using base::ErrorCode;

namespace {

constexpr std::size_t kMostAtOnce = 256;

}  // namespace

AuditBacklog::AuditBacklog(store::AuditStore& store, const AuditBacklogOptions& options,
                           telemetry::MetricRegistry* metrics)
    : store_(store), options_(options) {
  if (metrics != nullptr) {
    shown_waiting_ = metrics->AddGauge("audit_records_waiting",
                                       "Records that the store of the audit has not taken yet");
    lost_ = metrics->AddCounter("audit_records_lost_total",
                                "Records that are in the log only: the audit took too long");
  }
  thread_ = std::thread([this] { Run(); });
}

AuditBacklog::~AuditBacklog() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void AuditBacklog::Drop(const store::AuditRecord& record, std::string_view why) const {
  lost_.Add();
  base::Log(base::LogLevel::kError, "access", "a record is in this log and not in the audit",
            {{"why", std::string(why)},
             {"at", base::FormatTimestamp(record.at)},
             {"actor", record.actor},
             {"address", record.address},
             {"action", record.action},
             {"subject", record.subject},
             {"from", record.from},
             {"to", record.to},
             {"reason", record.reason},
             {"request_id", record.request_id},
             {"outcome", record.outcome}});
}

void AuditBacklog::Add(store::AuditRecord record) {
  {
    const base::MutexLock lock(mutex_);
    if (waiting_.size() < options_.most_waiting) {
      waiting_.push_back(std::move(record));
      shown_waiting_.Set(static_cast<double>(waiting_.size()));
      changed_.NotifyAll();
      return;
    }
  }
  Drop(record, "too many records wait for the store");
}

std::size_t AuditBacklog::waiting() const {
  const base::MutexLock lock(mutex_);
  return waiting_.size();
}

bool AuditBacklog::AwaitWork(std::chrono::milliseconds pause) {
  const base::SystemClock real;  // threads wait in real time, whatever the clock of a test says
  const base::Deadline until = base::Deadline::After(real, pause);
  const base::MutexLock lock(mutex_);
  while (!stopping_ && pause.count() > 0 && changed_.WaitUntil(mutex_, until)) {
  }
  while (!stopping_ && waiting_.empty()) changed_.WaitUntil(mutex_, base::Deadline::Never());
  return !waiting_.empty();
}

// Only this thread takes from the front.
bool AuditBacklog::AddSome(std::size_t most) {
  std::vector<store::AuditRecord> some;
  {
    const base::MutexLock lock(mutex_);
    const auto count = static_cast<std::ptrdiff_t>(std::min(most, waiting_.size()));
    some.assign(waiting_.begin(), waiting_.begin() + count);
  }
  const auto added = store_.AppendAll(some);
  if (!added.ok()) {
    if (added.error().code() != ErrorCode::kInvalidArgument) return false;
    // What the store will never take must not hold up the rest.
    if (some.size() > 1) return AddSome(1);
    Drop(some.front(), added.error().message());
  }
  const base::MutexLock lock(mutex_);
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(some.size()));
  shown_waiting_.Set(static_cast<double>(waiting_.size()));
  return true;
}

void AuditBacklog::Run() {
  std::chrono::milliseconds pause{0};
  while (AwaitWork(pause)) {
    if (AddSome(kMostAtOnce)) {
      pause = std::chrono::milliseconds(0);
      continue;
    }
    const base::MutexLock lock(mutex_);
    if (stopping_) break;
    pause = options_.retry_interval;
  }
  const base::MutexLock lock(mutex_);
  for (const store::AuditRecord& record : waiting_) Drop(record, "the store is away");
}

}  // namespace geoclimate::access
