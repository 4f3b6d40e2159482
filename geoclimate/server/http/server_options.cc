#include <string>

#include "geoclimate/access/address.h"
#include "geoclimate/server/http/server.h"

namespace geoclimate::server::http {
namespace {

base::Result<void> CheckHost(const ListenerOptions& listener, std::string_view name,
                             access::Keyless keyless) {
  const auto address = access::Address::Parse(listener.host);
  if (!address.has_value()) {
    return base::InvalidArgument(std::string(name) + " host '" + listener.host +
                                 "' is no numeric address, like 127.0.0.1 or ::1");
  }
  if (address->is_loopback() || keyless == access::Keyless::kNever) return {};
  return base::FailedPrecondition(
      std::string(name) + " host " + listener.host +
      " is reachable from other machines, and callers need no key here: set auth.required: true "
      "and make keys with 'geoclimate keys create', or bind 127.0.0.1");
}

base::Result<void> CheckAtLeast(std::string_view name, std::int64_t value, std::int64_t least) {
  if (value >= least) return {};
  return base::InvalidArgument(std::string(name) + " is " + std::to_string(value) + ", at least " +
                               std::to_string(least) + " is needed");
}

}  // namespace

base::Result<void> ServerOptions::Validate() const {
  if (public_listener) GC_RETURN_IF_ERROR(CheckHost(*public_listener, "public", keyless));
  if (management_listener)
    GC_RETURN_IF_ERROR(CheckHost(*management_listener, "management", keyless));
  if (metrics_listener) GC_RETURN_IF_ERROR(CheckHost(*metrics_listener, "metrics", keyless));
  if (auto proxies = access::AddressList::Parse(trusted_proxies); !proxies.ok()) {
    return proxies.error().WithContext("trusted_proxies");
  }
  GC_RETURN_IF_ERROR(tls.Validate());
  const auto size = [](std::size_t value) { return static_cast<std::int64_t>(value); };
  GC_RETURN_IF_ERROR(CheckAtLeast("threads", threads, 0));
  GC_RETURN_IF_ERROR(CheckAtLeast("background_threads", background_threads, 1));
  GC_RETURN_IF_ERROR(CheckAtLeast("database_threads", database_threads, 1));
  GC_RETURN_IF_ERROR(CheckAtLeast("storage_threads", storage_threads, 1));
  GC_RETURN_IF_ERROR(CheckAtLeast("background_queue", size(background_queue), 1));
  GC_RETURN_IF_ERROR(CheckAtLeast("max_connections", size(max_connections), 1));
  GC_RETURN_IF_ERROR(CheckAtLeast("max_header_bytes", size(max_header_bytes), 256));
  GC_RETURN_IF_ERROR(CheckAtLeast("idle_timeout", idle_timeout.count(), 1));
  GC_RETURN_IF_ERROR(CheckAtLeast("header_timeout", header_timeout.count(), 1));
  GC_RETURN_IF_ERROR(CheckAtLeast("body_timeout", body_timeout.count(), 1));
  GC_RETURN_IF_ERROR(CheckAtLeast("min_body_bytes_per_second", size(min_body_bytes_per_second), 1));
  GC_RETURN_IF_ERROR(CheckAtLeast("send_timeout", send_timeout.count(), 1));
  GC_RETURN_IF_ERROR(CheckAtLeast("request_timeout", request_timeout.count(), 1));
  GC_RETURN_IF_ERROR(CheckAtLeast("drain_time", drain_time.count(), 0));
  GC_RETURN_IF_ERROR(CheckAtLeast("drain_grace", drain_grace.count(), 0));
  if (max_header_bytes > std::size_t{1} << 24U) {
    return base::InvalidArgument("max_header_bytes is " + std::to_string(max_header_bytes) +
                                 ", at most 16777216 makes sense");
  }
  if (gzip_level < 1 || gzip_level > 9) {
    return base::InvalidArgument("gzip_level is " + std::to_string(gzip_level) + ", 1 to 9 exist");
  }
  return {};
}

}  // namespace geoclimate::server::http
