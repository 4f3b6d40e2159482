#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "geoclimate/access/keyless.h"
#include "geoclimate/access/tls_files.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/server/http/lifecycle.h"
#include "geoclimate/server/http/route.h"

namespace geoclimate::access {
struct Authentication;
}
namespace geoclimate::telemetry {
class MetricRegistry;
class SwapEpoch;
}  // namespace geoclimate::telemetry

namespace geoclimate::server::http {

struct ListenerOptions {
  // A numeric address. One that is not loopback is accepted only where every caller shows who it is
  // (ServerOptions::keyless).
  std::string host = "127.0.0.1";
  // Zero takes any free port, see Server::port().
  std::uint16_t port = 0;
};

// None changes at run time.
struct ServerOptions {
  std::string version = "0";  // of the program, for the documentation pages

  std::optional<ListenerOptions> public_listener;      // port 8000 in the program
  std::optional<ListenerOptions> management_listener;  // 8002
  std::optional<ListenerOptions> metrics_listener;     // 9090

  // Of the public and the management listener.
  access::TlsFiles tls;

  // I/O threads; 0: one per CPU of the cgroup's quota. More than that only adds switches.
  int threads = 0;
  // Threads for Execution::kBackground, kDatabase and kStorage, and the requests that may wait for
  // one of each before 503.
  int background_threads = 2;
  int database_threads = 4;
  int storage_threads = 4;
  std::size_t background_queue = 256;

  std::size_t max_connections =
      16384;  // over all I/O threads; a connection beyond is answered 503 and closed
  std::size_t max_header_bytes = 16384;  // request line and fields; 431 above
  std::size_t max_body_bytes =
      16 << 20;  // caps every row's own limit, before and after inflating; 413 above

  // A connection without a request in progress is closed after `idle_timeout`: longer than a
  // proxy's own (75 s for NGINX), or the proxy sends a request into a closing connection.
  std::chrono::milliseconds idle_timeout{90'000};
  // From a request's first byte to the end of its header, and of its body: slow senders get 408. A
  // body may take longer when it arrives at min_body_bytes_per_second or faster.
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds body_timeout{30'000};
  std::size_t min_body_bytes_per_second = 16384;
  // A caller that reads nothing of its answer for so long is cut off.
  std::chrono::milliseconds send_timeout{30'000};
  // The deadline of a request that names none, and the longest that one may name.
  std::chrono::milliseconds request_timeout{30'000};

  // After BeginDrain(): how long the listeners stay open with readiness failing, so that balancers
  // look away first; and how long requests in flight may take after that.
  std::chrono::milliseconds drain_time{5'000};
  std::chrono::milliseconds drain_grace{10'000};

  std::size_t gzip_minimum_bytes = 1000;  // smaller bodies are sent as they are
  int gzip_level = 6;  // 1 (fastest) to 9 (smallest); of bodies over 16 kB and streams always 1

  // kNever: every route that has a scope wants a key or a token, from callers of this machine too.
  access::Keyless keyless = access::Keyless::kOnLoopback;
  // Names accepted in Host beside localhost and the loopback addresses: what protects keyless
  // loopback from DNS rebinding. A server that listens on another address accepts any name while
  // this is empty.
  std::vector<std::string> allowed_hosts;
  // Addresses and networks ("10.0.0.0/8") whose Forwarded, X-Forwarded-* and X-Real-IP fields are
  // believed; such a field from another address is 403.
  std::vector<std::string> trusted_proxies;
  // "https://example.org". A request with another Origin than these or its own host is 403.
  std::vector<std::string> cors_origins;

  // kInvalidArgument naming the option and its value.
  base::Result<void> Validate() const;
};

// The HTTP/1.1 server: I/O threads that parse, route, run handlers and answer, as
// docs/architecture.md tells.
//
//   RouteTable table;
//   AddForecastRoutes(forecasts, table);
//   GC_ASSIGN_OR_RETURN(auto server, Server::Start(options, std::move(table), {&token, &metrics,
//   &clock, &lifecycle}));
//   ... wait for SIGTERM ...
//   server->BeginDrain();
//   server->Wait();
//
// All methods are thread-safe.
class Server {
 public:
  struct Surroundings {
    // Null: callers of this machine read and predict, and management routes answer 401.
    const access::Authentication* authentication;
    telemetry::MetricRegistry* metrics;
    const base::Clock* clock;
    Lifecycle* lifecycle;
    // When models are exchanged, for model_swap_stall_seconds; null without models.
    const telemetry::SwapEpoch* swaps = nullptr;
  };

  // Binds and serves; the phase stays kStarting until the caller sets kServing. What `surroundings`
  // points to must outlive the server. kInvalidArgument for options that Validate() refuses or a
  // route that clashes with another, kFailedPrecondition for a bind that is not loopback where
  // callers may come without a key, or for a server that wants keys and has no way to know any,
  // kUnavailable when an address is taken. Adds GET /openapi.json and GET /docs, made from the
  // table, to the public listener.
  static base::Result<std::unique_ptr<Server>> Start(ServerOptions options, RouteTable table,
                                                     Surroundings surroundings);

  // Stops at once if that was not done; returns when every thread has ended.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port in use, for options that said 0. The listener must have been configured.
  std::uint16_t port(Listener listener) const;

  // Phase kDraining: answers go on with "Connection: close"; after drain_time the listeners close,
  // connections without a request in progress too; after drain_grace more at the latest all are.
  // Returns at once; a second call changes nothing.
  void BeginDrain();
  // Closes everything now.
  void Stop();
  // Returns when a drain or Stop() has ended. Never by itself.
  void Wait();

  // Open connections of each I/O thread, for tests of evenness.
  std::vector<std::size_t> connections_per_thread() const;

 private:
  class State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace geoclimate::server::http
