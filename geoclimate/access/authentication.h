#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "geoclimate/access/address.h"
#include "geoclimate/access/address_limits.h"
#include "geoclimate/access/admin_token.h"
#include "geoclimate/access/caller.h"
#include "geoclimate/access/key_ring.h"
#include "geoclimate/access/keyless.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"

namespace geoclimate::access {

class TokenMemory;
class TokenVerifier;

// By what callers are known. Immutable; what it points to outlives it.
struct Authentication {
  Keyless keyless = Keyless::kOnLoopback;
  const AdminToken* admin_token = nullptr;  // null: nobody has it
  const KeyRing* keys = nullptr;            // null: there are none
  const TokenVerifier* tokens = nullptr;    // null: signed tokens are not known
  AddressLimits* addresses = nullptr;       // null: who shows nothing valid may ask on and on
};

// kFailedPrecondition when every caller is to show something and there is no way to know it.
base::Result<void> CheckCanKnowCallers(Keyless keyless, const Authentication* authentication);

// What a request shows, as its protocol carries it; empty texts: nothing.
struct Credentials {
  std::string_view api_key;        // X-API-Key; counts when both are there
  std::string_view authorization;  // "Bearer ..."; another scheme shows nothing
};

// Why a request is not let in. kUnchecked: the key was known, but the store of keys has been away
// for so long that nobody knows whether it still opens; that is the server's fault.
enum class Rejection : std::uint8_t {
  kNone,
  kNothingShown,
  kUnknown,
  kEnded,
  kTooOften,
  kUnchecked
};
// A sentence without what was shown.
std::string_view Describe(Rejection rejection);

struct Verdict {
  Rejection rejection = Rejection::kNone;
  Caller caller = {};      // kNobody when rejected, but for kTooOften of a known one
  Standing standing = {};  // of the caller, or of an address that shows nothing valid
};

// Tells who calls. One for each thread: it keeps the table of keys that it saw last and what it
// verified last, so that a valid key, or a token that comes again, is known without a lock and
// without asking the heap. Not thread-safe.
class Authenticator {
 public:
  // Null: callers of this machine read and predict, nobody else does anything.
  explicit Authenticator(const Authentication* authentication);
  ~Authenticator();
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  // `address` is numeric: of the caller, behind trusted proxies. What is shown and not valid is
  // rejected even where nothing had to be shown. Counts the request.
  Verdict Check(const Credentials& shown, std::string_view address, base::Timestamp now);

 private:
  Verdict Identify(const Credentials& shown, const std::optional<Address>& address,
                   base::Timestamp now);
  Verdict CheckSecret(std::string_view secret, base::Timestamp now);
  Verdict CheckKey(const formats::Sha256Digest& digest, base::Timestamp now);
  Verdict CheckToken(std::string_view token, base::Timestamp now);

  const Authentication* authentication_;
  std::unique_ptr<TokenMemory> verified_;  // null until a token comes
  std::shared_ptr<const KeyTable> keys_;
  std::uint64_t keys_version_ = 0;
};

}  // namespace geoclimate::access
