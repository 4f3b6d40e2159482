#pragma once

#include <vector>

#include "geoclimate/access/audit_backlog.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/audit_store.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::access {

using AuditEntry = store::AuditRecord;
using AuditQuery = store::AuditQuery;

// Who changed what: each change leaves a record before it is carried out and another when it has
// ended, so that neither a failing disk nor the end of the process hides one. What was done already
// when the store cannot be reached waits for it: see AuditBacklog.
//
// Texts are kept as text for people: control characters become spaces, bytes that are no UTF-8
// question marks, and what is longer than 2 kB ends there.
//
// Thread-safe.
class AuditLog {
 public:
  // All of it outlives the log; `metrics` may be null.
  AuditLog(store::AuditStore& store, const base::Clock& clock,
           telemetry::MetricRegistry* metrics = nullptr, const AuditBacklogOptions& options = {});

  // Records that `entry` is about to be carried out; its outcome does not count. kUnavailable when
  // that cannot be recorded: the change is then not to be made.
  base::Result<void> Start(AuditEntry entry);
  // Records how it ended: "done", or the code of the error; later, when the store does not take it.
  void End(AuditEntry entry, const base::Result<void>& result);
  // The same in the background, for changes that come many a second.
  void EndSoon(AuditEntry entry, const base::Result<void>& result);
  // Records what has been done and cannot wait for leave: "done", in the background.
  void Note(AuditEntry entry) { EndSoon(std::move(entry), {}); }

  // The newest first, without those that wait. The store's errors.
  base::Result<std::vector<AuditEntry>> List(const AuditQuery& query) { return store_.List(query); }
  std::size_t waiting() const { return backlog_.waiting(); }

 private:
  AuditEntry Ended(AuditEntry entry, const base::Result<void>& result) const;

  store::AuditStore& store_;
  const base::Clock& clock_;
  AuditBacklog backlog_;
};

// Makes a change between its two records. `change` may fill in what becomes known on the way,
// `from` and `to`. Null `log`: without records.
template <typename Change>
base::Result<void> Audited(AuditLog* log, AuditEntry& entry, Change change) {
  if (log == nullptr) return change();
  GC_RETURN_IF_ERROR(log->Start(entry));
  base::Result<void> result = change();
  log->End(entry, result);
  return result;
}

}  // namespace geoclimate::access
