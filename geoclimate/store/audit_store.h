#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"

namespace geoclimate::store {

// A change of what is served or of who may call, as it was asked for or as it ended.
struct AuditRecord {
  std::int64_t id = 0;  // given by the store, rising
  base::Timestamp at;   // given by the store, but of what had to wait for it
  std::string actor;    // "admin token", "key gsc_AbCdEfGh (ops)", "user root"
  std::string address;  // numeric, or "local" for verbs
  std::string action;   // "model.promote", "key.revoke"
  std::string subject;  // what was changed
  std::string from;     // what it was, as far as that is known
  std::string to;       // what it became
  std::string reason;
  std::string request_id;
  std::string outcome;  // "started", "done", or the code of an error

  friend bool operator==(const AuditRecord&, const AuditRecord&) = default;
};

struct AuditQuery {
  std::optional<std::int64_t> before;  // ids below it only
  std::size_t limit = 100;
};

// The audit of an installation: records are added, never changed or removed. Errors as
// ObservationStore's.
//
// Thread-safe.
class AuditStore {
 public:
  virtual ~AuditStore() = default;

  // Durable when it returns success; gives the id. `id` of the record does not count, and `at` is
  // now unless it is set, as of a record that is late. One that is there already, at that very
  // moment, is not added again: it may be told again when the answer was lost.
  virtual base::Result<std::int64_t> Append(const AuditRecord& record) = 0;
  // All in one transaction and in their order, each as Append() does; their times are set.
  virtual base::Result<void> AppendAll(std::span<const AuditRecord> records) = 0;
  // The newest first.
  virtual base::Result<std::vector<AuditRecord>> List(const AuditQuery& query) = 0;
};

}  // namespace geoclimate::store
