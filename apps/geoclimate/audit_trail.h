#pragma once

#include <functional>
#include <string>

#include "apps/geoclimate/verbs.h"
#include "geoclimate/access/audit_log.h"
#include "geoclimate/base/result.h"

namespace geoclimate::app {

// The entry of a change that a verb makes: by the user of the system, on this machine.
access::AuditEntry EntryOf(std::string action, std::string subject, std::string reason = {});

// Makes a change between its two records in the audit of the database. kUnavailable, with
// nothing changed, when it cannot be recorded.
base::Result<void> WithAudit(const GlobalOptions& options, access::AuditEntry entry,
                             const std::function<base::Result<void>(access::AuditEntry&)>& change);

}  // namespace geoclimate::app
