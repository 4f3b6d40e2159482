#include "geoclimate/server/grpc/grpc_server.h"

#include <google/protobuf/stubs/logging.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <thread>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/access/address.h"
#include "geoclimate/access/trusted_proxies.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/server/grpc/acceptor.h"
#include "geoclimate/server/grpc/call_admission.h"
#include "geoclimate/server/grpc/inference_service.h"

namespace geoclimate::server::grpc {
namespace {

// Plugins and defaults are the library's own and hold for the process.
void SetUpLibrary() {
  static const bool done = [] {
    ::grpc::EnableDefaultHealthCheckService(true);
    // It writes a line to stderr for each message that is not UTF-8: callers could flood the log.
    google::protobuf::SetLogHandler(nullptr);
    ::grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(done);
}

// The library looks at the files by itself, and takes TLS 1.2 and 1.3.
std::shared_ptr<::grpc::ServerCredentials> CredentialsOf(const access::TlsFiles& files) {
  if (!files.enabled()) return ::grpc::InsecureServerCredentials();
  constexpr unsigned kLookSeconds = 2;
  ::grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<::grpc::experimental::FileWatcherCertificateProvider>(
          files.key.string(), files.certificate.string(), files.client_ca.string(), kLookSeconds));
  options.watch_identity_key_cert_pairs();
  if (!files.client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return ::grpc::experimental::TlsServerCredentials(options);
}

}  // namespace

base::Result<void> GrpcServerOptions::Validate() const {
  const auto address = access::Address::Parse(host);
  if (!address.has_value()) {
    return base::InvalidArgument(
        fmt::format("gRPC host '{}' is no numeric address, like 127.0.0.1 or ::1", host));
  }
  if (!address->is_loopback() && keyless != access::Keyless::kNever) {
    return base::FailedPrecondition(fmt::format(
        "gRPC host {} is reachable from other machines, and callers need no key here: set "
        "auth.required: true and make keys with 'geoclimate keys create', or bind 127.0.0.1",
        host));
  }
  if (auto proxies = access::TrustedProxies::Parse(trusted_proxies); !proxies.ok()) {
    return proxies.error().WithContext("trusted_proxies");
  }
  GC_RETURN_IF_ERROR(tls.Validate());
  if (max_message_bytes < 1024 || max_message_bytes > (std::size_t{1} << 30U)) {
    return base::InvalidArgument(
        fmt::format("max_message_bytes is {}, 1024 to 1073741824 make sense", max_message_bytes));
  }
  if (max_batch_rows == 0) return base::InvalidArgument("max_batch_rows must be at least 1");
  return {};
}

class GrpcServer::State {
 public:
  State(const GrpcServerOptions& options, const access::Authentication* authentication,
        access::TrustedProxies proxies, const service::Models& models, const base::Clock& clock,
        NotReady not_ready)
      : options_(options),
        admission_(authentication, std::move(proxies), clock),
        service_({.version = options.version, .max_batch_rows = options.max_batch_rows}, admission_,
                 models, clock, std::move(not_ready)) {}

  ~State() {
    Stop();
    Wait();
  }

  base::Result<void> Open() EXCLUDES(join_mutex_) {
    SetUpLibrary();
    GC_ASSIGN_OR_RETURN(acceptor_, Acceptor::Listen(options_.host, options_.port));
    ::grpc::ServerBuilder builder;
    connections_ = builder.experimental().AddExternalConnectionAcceptor(
        ::grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        CredentialsOf(options_.tls));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                               static_cast<int>(options_.connection_age.count()));
    builder.SetMaxReceiveMessageSize(static_cast<int>(options_.max_message_bytes));
    // Only reflection is served by the synchronous API: one thread is enough for it.
    builder.SetSyncServerOption(::grpc::ServerBuilder::SyncServerOption::NUM_CQS, 1);
    builder.SetSyncServerOption(::grpc::ServerBuilder::SyncServerOption::MIN_POLLERS, 1);
    builder.SetSyncServerOption(::grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 1);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return base::Internal("gRPC does not start");
    SetServing(true);
    acceptor_->Start([this](int socket) {
      ::grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
      connection.fd = socket;
      connections_->HandleNewConnection(&connection);
    });
    const base::MutexLock lock(join_mutex_);
    ender_ = std::thread([this] { End(); });
    return {};
  }

  std::uint16_t port() const { return acceptor_->port(); }

  void BeginDrain() EXCLUDES(mutex_) {
    SetServing(false);
    const base::MutexLock lock(mutex_);
    if (phase_ == Phase::kServing) phase_ = Phase::kDraining;
    changed_.NotifyAll();
  }

  void Stop() EXCLUDES(mutex_) {
    const base::MutexLock lock(mutex_);
    phase_ = Phase::kStopped;
    changed_.NotifyAll();
  }

  void Wait() EXCLUDES(join_mutex_) {
    const base::MutexLock lock(join_mutex_);
    if (ender_.joinable()) ender_.join();
  }

 private:
  enum class Phase : std::uint8_t { kServing, kDraining, kStopped };

  void SetServing(bool serving) {
    auto* const health = server_ == nullptr ? nullptr : server_->GetHealthCheckService();
    if (health != nullptr) health->SetServingStatus(serving);
  }

  // Waits for the end to be asked for, and brings it about.
  void End() EXCLUDES(mutex_) {
    const base::SystemClock clock;
    {
      const base::MutexLock lock(mutex_);
      while (phase_ == Phase::kServing) changed_.WaitUntil(mutex_, base::Deadline::Never());
      const base::Deadline closing = base::Deadline::After(clock, options_.drain_time);
      while (phase_ == Phase::kDraining && changed_.WaitUntil(mutex_, closing)) {
      }
    }
    acceptor_->Close();
    WaitForConnections(clock);
    server_->Shutdown(std::chrono::system_clock::now());
  }

  // Until all have left, which connection_age makes them do: the library cancels calls that arrive
  // once it has been told to shut down, even those that were sent before it could say so.
  void WaitForConnections(const base::Clock& clock) EXCLUDES(mutex_) {
    constexpr std::chrono::milliseconds kLook{20};
    const base::Deadline cut = base::Deadline::After(clock, options_.drain_grace);
    const base::MutexLock lock(mutex_);
    while (phase_ == Phase::kDraining && !cut.Expired(clock) && acceptor_->open_connections() > 0) {
      changed_.WaitUntil(mutex_, base::Deadline::After(clock, kLook));
    }
  }

  const GrpcServerOptions options_;
  const CallAdmission admission_;
  InferenceService service_;
  std::unique_ptr<::grpc::experimental::ExternalConnectionAcceptor> connections_;
  std::unique_ptr<::grpc::Server> server_;
  std::unique_ptr<Acceptor> acceptor_;
  base::Mutex mutex_;
  base::CondVar changed_;
  Phase phase_ GUARDED_BY(mutex_) = Phase::kServing;
  base::Mutex join_mutex_;
  std::thread ender_ GUARDED_BY(join_mutex_);
};

base::Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const GrpcServerOptions& options, const access::Authentication* authentication,
    const service::Models& models, const base::Clock& clock, NotReady not_ready) {
  GC_RETURN_IF_ERROR(options.Validate());
  GC_RETURN_IF_ERROR(access::CheckCanKnowCallers(options.keyless, authentication));
  GC_ASSIGN_OR_RETURN(access::TrustedProxies proxies,
                      access::TrustedProxies::Parse(options.trusted_proxies));
  auto state = std::make_unique<State>(options, authentication, std::move(proxies), models, clock,
                                       std::move(not_ready));
  GC_RETURN_IF_ERROR(state->Open());
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(state)));
}

GrpcServer::GrpcServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
GrpcServer::~GrpcServer() = default;

std::uint16_t GrpcServer::port() const {
  return state_->port();
}
void GrpcServer::BeginDrain() {
  state_->BeginDrain();
}
void GrpcServer::Stop() {
  state_->Stop();
}
void GrpcServer::Wait() {
  state_->Wait();
}

}  // namespace geoclimate::server::grpc
