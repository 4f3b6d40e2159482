#include "geoclimate/access/audit_log.h"

#include <string>
#include <utility>

#include "geoclimate/base/log.h"

namespace geoclimate::access {

base::Result<void> AuditLog::Start(AuditEntry entry) {
  entry.outcome = "started";
  const auto recorded = store_.Append(entry);
  if (recorded.ok()) return {};
  return base::Error(base::ErrorCode::kUnavailable,
                     "the change cannot be recorded in the audit, and is not made",
                     recorded.error());
}

void AuditLog::End(AuditEntry entry, const base::Result<void>& result) {
  entry.outcome =
      result.ok() ? std::string("done") : std::string(base::ErrorCodeName(result.error().code()));
  const auto recorded = store_.Append(entry);
  if (recorded.ok()) return;
  base::Log(base::LogLevel::kError, "access", "how a change ended is not in the audit",
            {{"action", entry.action},
             {"subject", entry.subject},
             {"outcome", entry.outcome},
             {"request_id", entry.request_id},
             {"error", recorded.error().ToString()}});
}

}  // namespace geoclimate::access
