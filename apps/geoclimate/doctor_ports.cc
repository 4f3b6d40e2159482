#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "apps/geoclimate/doctor_checks.h"
#include "geoclimate/base/descriptor.h"
#include "geoclimate/http_client/http_client.h"

namespace geoclimate::app {
namespace {

// 0 when the port can be listened on, else the system's error.
int TryListen(const std::string& host, std::uint16_t port) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  const bool is_v6 = ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1;
  if (!is_v6 && ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1) return EADDRNOTAVAIL;
  const base::Descriptor socket(
      ::socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int reuse = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  const int bound = is_v6 ? ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&v6), sizeof v6)
                          : ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  if (bound != 0 || ::listen(socket.get(), 1) != 0) return errno;
  return 0;
}

// Whether who listens on the API's port is a server of ours, which then has the other ports too.
bool IsServing(const DoctorCase& patient) {
  const server::http::ServerOptions options = patient.settings.ServerOptions();
  if (options.tls.enabled() || options.public_listener->port == 0) return false;
  http_client::HttpClientOptions client_options;
  client_options.connect_timeout = std::chrono::seconds(2);
  const http_client::HttpClient client(patient.clock, client_options);
  const std::string& host = options.public_listener->host;
  const auto answer = client.Send(
      {.url = fmt::format("http://{}:{}/health/live", host == "0.0.0.0" ? "127.0.0.1" : host,
                          options.public_listener->port),
       .max_answer_bytes = 4096,
       .deadline = base::Deadline::After(patient.clock, std::chrono::seconds(3))});
  return answer.ok() && answer->body.find("\"alive\"") != std::string::npos;
}

}  // namespace

void CheckPorts(const DoctorCase& patient, Findings& findings) {
  const server::http::ServerOptions options = patient.settings.ServerOptions();
  struct Port {
    std::string_view check;
    std::string host;
    std::uint16_t port;
  };
  const Port ports[] = {
      {"port.api", options.public_listener->host, options.public_listener->port},
      {"port.grpc", options.public_listener->host, patient.settings.grpc_port},
      {"port.management", options.management_listener->host, options.management_listener->port},
      {"port.metrics", options.metrics_listener->host, options.metrics_listener->port}};
  const bool serving = IsServing(patient);
  for (const Port& port : ports) {
    const std::string name = fmt::format("{}:{}", port.host, port.port);
    const int failure = TryListen(port.host, port.port);
    if (failure == 0) {
      findings.Ok(port.check, name + (port.port == 0 ? ", any free port" : " is free"));
    } else if (failure == EADDRINUSE && serving) {
      findings.Ok(port.check, name + " is in use: geoclimate serves");
    } else {
      findings.Fail(port.check,
                    fmt::format("{} cannot be listened on: {}", name,
                                std::error_code(failure, std::generic_category()).message()),
                    failure == EADDRINUSE
                        ? "end the program that has it, or choose another port under api"
                        : "choose an address of this machine, and a port that this user may take");
    }
  }
}

}  // namespace geoclimate::app
