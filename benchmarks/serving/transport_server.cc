// The transport alone: answers GET and POST /constant with a body of a fixed length, so that what
// parsing, routing, metrics and rendering cost can be told from what a model costs. Usage:
// transport_server PORT BODY_BYTES
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "geoclimate/base/clock.h"
#include "geoclimate/server/http/server.h"
#include "geoclimate/telemetry/metrics.h"

int main(int argc, char** argv) {
  namespace http = geoclimate::server::http;
  if (argc != 3) {
    std::fputs("usage: transport_server PORT BODY_BYTES\n", stderr);
    return 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const std::string body(std::strtoul(argv[2], nullptr, 10), 'x');
  http::RouteTable table;
  for (const http::Method method : {http::Method::kGet, http::Method::kPost}) {
    http::Route route;
    route.method = method;
    route.path = "/constant";
    route.scope = http::Scope::kRead;
    route.listener = http::Listener::kPublic;
    route.max_body_bytes = method == http::Method::kPost ? 1 << 20 : 0;
    route.handler = [&body](const http::Request&, http::Response& response) {
      response.body() = body;
      return geoclimate::base::Result<void>();
    };
    table.routes.push_back(std::move(route));
  }
  http::ServerOptions options;
  options.threads = 1;
  options.public_listener =
      http::ListenerOptions{"127.0.0.1", static_cast<std::uint16_t>(std::atoi(argv[1]))};
  options.drain_time = std::chrono::milliseconds(0);

  geoclimate::telemetry::MetricRegistry metrics;
  geoclimate::base::SystemClock clock;
  http::Lifecycle lifecycle;
  auto server =
      http::Server::Start(options, std::move(table), {nullptr, &metrics, &clock, &lifecycle});
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.error().ToString().c_str());
    return 1;
  }
  lifecycle.set_phase(http::Phase::kServing);
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->BeginDrain();
  (*server)->Wait();
  return 0;
}
