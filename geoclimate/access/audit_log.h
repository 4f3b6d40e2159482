#pragma once

#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/store/audit_store.h"

namespace geoclimate::access {

using AuditEntry = store::AuditRecord;
using AuditQuery = store::AuditQuery;

// Who changed what: each change leaves a record before it is carried out and another when it has
// ended, so that neither a failing disk nor the end of the process hides one. Thread-safe.
class AuditLog {
 public:
  // `store` outlives it.
  explicit AuditLog(store::AuditStore& store) : store_(store) {}

  // Records that `entry` is about to be carried out; its outcome does not count. kUnavailable when
  // that cannot be recorded: the change is then not to be made.
  base::Result<void> Start(AuditEntry entry);
  // Records how it ended: "done", or the code of the error. A failure to record is logged: that it
  // was started stands in the audit.
  void End(AuditEntry entry, const base::Result<void>& result);

  // The newest first. The store's errors.
  base::Result<std::vector<AuditEntry>> List(const AuditQuery& query) { return store_.List(query); }

 private:
  store::AuditStore& store_;
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
