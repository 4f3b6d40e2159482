#include "geoclimate/access/audit_log.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "geoclimate/formats/utf8.h"

namespace geoclimate::access {
namespace {

constexpr std::size_t kMostTextBytes = 2048;

// Control characters of ASCII and of ISO 6429 (U+0080 to U+009F), which terminals obey.
bool IsControl(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence.front());
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

std::string Readable(std::string_view text) {
  std::string readable;
  readable.reserve(std::min(text.size(), kMostTextBytes));
  while (!text.empty()) {
    const std::size_t size = formats::Utf8SequenceSize(text);
    const std::string_view sequence = text.substr(0, std::max<std::size_t>(size, 1));
    text.remove_prefix(sequence.size());
    const std::string_view put = size == 0 ? "?" : IsControl(sequence) ? " " : sequence;
    if (readable.size() + put.size() > kMostTextBytes) break;
    readable += put;
  }
  return readable;
}

AuditEntry Cleaned(AuditEntry entry) {
  for (std::string* const text :
       {&entry.actor, &entry.address, &entry.action, &entry.subject, &entry.from, &entry.to,
        &entry.reason, &entry.request_id, &entry.outcome}) {
    *text = Readable(*text);
  }
  return entry;
}

}  // namespace

AuditLog::AuditLog(store::AuditStore& store, const base::Clock& clock,
                   telemetry::MetricRegistry* metrics, const AuditBacklogOptions& options)
    : store_(store), clock_(clock), backlog_(store, options, metrics) {}

base::Result<void> AuditLog::Start(AuditEntry entry) {
  entry.outcome = "started";
  entry.at = clock_.Now();
  const auto recorded = store_.Append(Cleaned(std::move(entry)));
  if (recorded.ok()) return {};
  return base::Error(base::ErrorCode::kUnavailable,
                     "the change cannot be recorded in the audit, and is not made",
                     recorded.error());
}

AuditEntry AuditLog::Ended(AuditEntry entry, const base::Result<void>& result) const {
  entry.outcome =
      result.ok() ? std::string("done") : std::string(base::ErrorCodeName(result.error().code()));
  entry.at = clock_.Now();
  return Cleaned(std::move(entry));
}

void AuditLog::End(AuditEntry entry, const base::Result<void>& result) {
  AuditEntry ended = Ended(std::move(entry), result);
  if (!store_.Append(ended).ok()) backlog_.Add(std::move(ended));
}

void AuditLog::EndSoon(AuditEntry entry, const base::Result<void>& result) {
  backlog_.Add(Ended(std::move(entry), result));
}

}  // namespace geoclimate::access
