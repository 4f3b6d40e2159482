#include "apps/geoclimate/audit_trail.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <utility>

#include <fmt/format.h>

#include "apps/geoclimate/storage.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/telemetry/trace_context.h"

namespace geoclimate::app {
namespace {

// By the process, not by what the environment says.
std::string UserName() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(::getuid());
}

}  // namespace

access::AuditEntry EntryOf(std::string action, std::string subject, std::string reason) {
  access::AuditEntry entry;
  entry.actor = "user " + UserName();
  entry.address = "local";
  entry.action = std::move(action);
  entry.subject = std::move(subject);
  entry.reason = std::move(reason);
  entry.request_id = fmt::format("{:016x}", telemetry::RandomId());
  return entry;
}

base::Result<void> WithAudit(const GlobalOptions& options, access::AuditEntry entry,
                             const std::function<base::Result<void>(access::AuditEntry&)>& change) {
  const base::SystemClock clock;
  GC_ASSIGN_OR_RETURN(const Settings settings, SettingsOf(options));
  GC_ASSIGN_OR_RETURN(const Stores stores, OpenStores(settings, options.data_dir, clock));
  access::AuditLog log(*stores.audit, clock);
  return access::Audited(&log, entry, [&] { return change(entry); });
}

}  // namespace geoclimate::app
