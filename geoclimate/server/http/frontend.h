#pragma once

#include <array>
#include <memory>
#include <vector>

#include "geoclimate/access/authentication.h"
#include "geoclimate/base/result.h"
#include "geoclimate/server/http/caller_rules.h"
#include "geoclimate/server/http/http_metrics.h"
#include "geoclimate/server/http/response_head.h"
#include "geoclimate/server/http/route.h"
#include "geoclimate/server/http/router.h"
#include "geoclimate/server/http/server.h"
#include "geoclimate/server/http/swap_stalls.h"
#include "geoclimate/server/http/tls_context.h"

namespace geoclimate::server::http {

// All that an answer is made from but the connection: options, table, routers, rules. Immutable and
// shared by the threads of a server.
class Frontend {
 public:
  // Adds the rows that the server has by itself; errors as Server::Start().
  static base::Result<std::unique_ptr<const Frontend>> Build(ServerOptions options,
                                                             RouteTable table,
                                                             Server::Surroundings surroundings);

  const ServerOptions& options() const { return options_; }
  const RouteTable& table() const { return table_; }
  const Router& router(Listener listener) const {
    return routers_[static_cast<std::size_t>(listener)];
  }
  const CallerRules& rules() const { return rules_; }
  const base::Clock& clock() const { return *surroundings_.clock; }
  const Lifecycle& lifecycle() const { return *surroundings_.lifecycle; }
  // Null: see Server::Surroundings.
  const access::Authentication* authentication() const { return surroundings_.authentication; }
  telemetry::MetricRegistry& metrics() const { return *surroundings_.metrics; }
  // Null: bytes are sent as they are. Never for metrics, which are for the inside alone.
  TlsContext* tls(Listener listener) const {
    return listener == Listener::kMetrics ? nullptr : tls_.get();
  }
  // Null: nothing is exchanged.
  const telemetry::SwapEpoch* swaps() const { return surroundings_.swaps; }

 private:
  Frontend(ServerOptions options, RouteTable table, Server::Surroundings surroundings);

  ServerOptions options_;
  RouteTable table_;
  Server::Surroundings surroundings_;
  CallerRules rules_;
  std::unique_ptr<TlsContext> tls_;
  std::vector<Router> routers_;  // by Listener
};

// What one I/O thread has for itself. Not thread-safe.
struct Worker {
  explicit Worker(const Frontend& served)
      : frontend(served),
        metrics(served.metrics(), served.table()),
        authenticator(served.authentication()),
        stalls(served.metrics(), served.swaps(), served.clock()) {
    Tick();
  }
  // Looks at the clocks; the thread does it once per turn.
  void Tick() {
    now = frontend.clock().MonotonicNow();
    wall = frontend.clock().Now();
  }

  const Frontend& frontend;
  HttpMetrics metrics;
  access::Authenticator authenticator;
  SwapStalls stalls;
  DateText date;
  base::Instant now;
  base::Timestamp wall;
};

}  // namespace geoclimate::server::http
