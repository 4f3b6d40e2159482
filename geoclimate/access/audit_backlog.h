#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string_view>
#include <thread>

#include "geoclimate/base/mutex.h"
#include "geoclimate/store/audit_store.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::access {

struct AuditBacklogOptions {
  // Records that may wait. One takes about a kilobyte; what comes when so many wait is written to
  // the log, whole, in place of the audit.
  std::size_t most_waiting = 10'000;
  // How long after a failure the store is tried again.
  std::chrono::milliseconds retry_interval{1'000};
};

// Records of what has been done already, for a store that may be away: they wait in memory, and a
// thread adds them in their order when it is back. None goes without a word: those that find no
// room, and those that still wait when the backlog ends, are written to the log as errors.
//
// Metrics: audit_records_waiting, audit_records_lost_total (those that are in the log only).
//
// Thread-safe. The store and the metrics, which may be null, outlive it. The destructor tries the
// store for as long as it takes what waits.
class AuditBacklog {
 public:
  AuditBacklog(store::AuditStore& store, const AuditBacklogOptions& options,
               telemetry::MetricRegistry* metrics);
  ~AuditBacklog();
  AuditBacklog(const AuditBacklog&) = delete;
  AuditBacklog& operator=(const AuditBacklog&) = delete;

  // Never waits. `record.at` is when it happened.
  void Add(store::AuditRecord record) EXCLUDES(mutex_);
  std::size_t waiting() const EXCLUDES(mutex_);

 private:
  void Run() EXCLUDES(mutex_);
  // Whether to go on; waits for something to do. `pause`: after a failure.
  bool AwaitWork(std::chrono::milliseconds pause) EXCLUDES(mutex_);
  // Adds the first of those that wait; false when the store does not take them.
  bool AddSome(std::size_t most) EXCLUDES(mutex_);
  void Drop(const store::AuditRecord& record, std::string_view why) const;

  store::AuditStore& store_;
  const AuditBacklogOptions options_;
  telemetry::Gauge shown_waiting_;
  telemetry::Counter lost_;
  mutable base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<store::AuditRecord> waiting_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: uses all of it
};

}  // namespace geoclimate::access
