#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::store {

// An API key as it is kept: never the secret, only its SHA-256.
struct ApiKeyRecord {
  std::string prefix;  // the shown beginning of the secret; identifies the key
  std::string name;    // whose it is, for people
  formats::Sha256Digest digest;
  std::string scopes;  // "predict,read": access/scope.h
  base::Timestamp created_at;
  std::optional<base::Timestamp> expires_at;
  std::optional<base::Timestamp> revoked_at;
  std::optional<base::Timestamp> last_used_at;  // lags by a minute or so
  std::string successor;                        // the prefix of the key that replaces it; or empty
  std::uint64_t requests_per_minute = 0;        // 0: what the server's settings say
  std::uint64_t daily_rows = 0;                 // 0: no quota

  friend bool operator==(const ApiKeyRecord&, const ApiKeyRecord&) = default;
};

// What a key did since it was last told of: added to what is known.
struct ApiKeyUse {
  std::string prefix;
  base::Timestamp last_used_at;
  base::LocalDay day;  // of UTC, that requests and rows belong to
  std::uint64_t requests = 0;
  std::uint64_t rows = 0;
};

// What one process tells at a time.
struct ApiKeyReport {
  std::string recorder;      // names the process among all that ever were
  std::uint64_t number = 0;  // from 1, rising with each report of the recorder
  std::vector<ApiKeyUse> uses;
};

struct ApiKeyUsage {
  std::string prefix;
  std::uint64_t requests = 0;
  std::uint64_t rows = 0;

  friend bool operator==(const ApiKeyUsage&, const ApiKeyUsage&) = default;
};

// The API keys of an installation, in the observations' database; errors as ObservationStore's. A
// change is durable when its call returns success.
//
// Thread-safe.
class ApiKeyStore {
 public:
  virtual ~ApiKeyStore() = default;

  // kAlreadyExists when the prefix or the digest is there already.
  virtual base::Result<void> Add(const ApiKeyRecord& key) = 0;
  // From `at` on the key opens nothing; an earlier revocation stays. kNotFound without such a key.
  virtual base::Result<void> Revoke(std::string_view prefix, base::Timestamp at) = 0;
  // Adds `successor`, and lets the key `prefix` end at `ends_at` unless it ends earlier by itself;
  // both or nothing. kNotFound, kAlreadyExists; kFailedPrecondition when the key is revoked or has
  // a successor.
  virtual base::Result<void> Rotate(std::string_view prefix, const ApiKeyRecord& successor,
                                    base::Timestamp ends_at) = 0;
  // By created_at, then prefix. A consistent snapshot.
  virtual base::Result<std::vector<ApiKeyRecord>> List() = 0;
  // Rises with every Add, Revoke and Rotate, of any process: cheap to ask now and then.
  virtual base::Result<std::int64_t> Revision() = 0;

  // In one transaction, and once: a report that is there already, as its answer was lost, changes
  // nothing when it is told again within a month. Requests and rows are added by the database, so
  // that those of other processes are never overwritten. Times that are older than what is known,
  // and keys that are not known, change nothing.
  virtual base::Result<void> RecordUse(const ApiKeyReport& report) = 0;
  // What all processes told of that day, by prefix.
  virtual base::Result<std::vector<ApiKeyUsage>> UsageOf(base::LocalDay day) = 0;
};

}  // namespace geoclimate::store
