#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "geoclimate/base/descriptor.h"
#include "geoclimate/base/result.h"
#include "geoclimate/server/http/server.h"

namespace geoclimate::server::http {

// A socket that listens on options.host and options.port, not blocking. kUnavailable naming the
// address that is taken, kPermissionDenied for a port that this user may not have.
base::Result<base::Descriptor> Listen(const ListenerOptions& options);

// The port that a socket is bound to.
std::uint16_t BoundPort(const base::Descriptor& socket);

// Nobody can connect any more; who is connected already can still be accepted. To be called before
// the last accepts: a connection that completes between these and the close would be reset. Does
// nothing where the system forbids it.
void RefuseHandshakes(const base::Descriptor& listening);

struct Accepted {
  base::Descriptor socket;  // not blocking, without delay of small segments
  std::string peer;         // numeric address
};
enum class AcceptFailure : std::uint8_t { kNone, kNobodyWaits, kNoDescriptors };
// The next connection that waits. kNoDescriptors: the process has no descriptor left for it.
std::optional<Accepted> Accept(const base::Descriptor& listening, AcceptFailure& failure);

}  // namespace geoclimate::server::http
