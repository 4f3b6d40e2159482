#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "geoclimate/access/authentication.h"
#include "geoclimate/access/keyless.h"
#include "geoclimate/access/tls_files.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/service/models.h"

namespace geoclimate::server::grpc {

// None changes at run time.
struct GrpcServerOptions {
  std::string version = "0";  // of the program

  // A numeric address. One that is not loopback is accepted only where every caller shows who it
  // is.
  std::string host = "127.0.0.1";
  std::uint16_t port = 8001;  // 0 takes any free one, see GrpcServer::port()

  // kNever: every call but health and reflection wants a key or a token.
  access::Keyless keyless = access::Keyless::kOnLoopback;
  // As ServerOptions of server/http.
  std::vector<std::string> trusted_proxies = {};

  // As ServerOptions of server/http.
  access::TlsFiles tls = {};

  // A longer request is answered RESOURCE_EXHAUSTED.
  std::size_t max_message_bytes = std::size_t{16} << 20;
  // Rows of a request; above it INVALID_ARGUMENT.
  std::size_t max_batch_rows = 10'000;

  // A connection is told to go after so long, more or less by a tenth, and does once its calls are
  // answered; its client makes a new one. Shorter makes a drain shorter and connections dearer;
  // keep it well below drain_grace.
  std::chrono::milliseconds connection_age{4'000};

  // After BeginDrain(): how long new connections are still taken while the health service says
  // NOT_SERVING, and how long after that those that there are have for their calls and for leaving.
  std::chrono::milliseconds drain_time{5'000};
  std::chrono::milliseconds drain_grace{10'000};

  // kInvalidArgument naming the option and its value; kFailedPrecondition for a host that is not
  // loopback where callers may come without a key.
  base::Result<void> Validate() const;
};

// inference.GRPCInferenceService, grpc.health.v1.Health and reflection on one port, by gRPC's
// callback API: calls run to completion on the library's own threads.
//
// All methods are thread-safe.
class GrpcServer {
 public:
  // Why the process must get no requests now; empty when it may. Called from several threads.
  using NotReady = std::function<std::string()>;

  // Binds and serves. What it is given must outlive the server. kUnavailable when the address is
  // taken; Validate()'s errors. `authentication` null: callers of this machine alone are let in.
  static base::Result<std::unique_ptr<GrpcServer>> Start(
      const GrpcServerOptions& options, const access::Authentication* authentication,
      const service::Models& models, const base::Clock& clock, NotReady not_ready);
  // Stops at once if that was not done.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  std::uint16_t port() const;

  // Health says NOT_SERVING at once; the port closes after drain_time, and calls go on until their
  // clients have left, at the latest until drain_grace more: what is still on its way then is
  // cancelled. Returns at once; a second call changes nothing.
  void BeginDrain();
  // Cancels every call now.
  void Stop();
  // Returns when a drain or Stop() has ended. Never by itself.
  void Wait();

 private:
  class State;
  explicit GrpcServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace geoclimate::server::grpc
