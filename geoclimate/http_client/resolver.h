#pragma once

#include <functional>
#include <string>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/base/result.h"
#include "geoclimate/http_client/ip_address.h"

namespace geoclimate::http_client {

// All addresses of a host, which may itself be a numeric one. kUnavailable when it has none,
// kDeadlineExceeded when they are not known in time. Thread-safe.
using Resolver =
    std::function<base::Result<std::vector<IpAddress>>(const std::string& host, base::Deadline)>;

// The system's: getaddrinfo on a thread of its own, which ends later by itself when the deadline
// passes first.
base::Result<std::vector<IpAddress>> ResolveBySystem(const std::string& host,
                                                     base::Deadline deadline);

}  // namespace geoclimate::http_client
