#include "geoclimate/server/http/server.h"

#include <array>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/server/http/background_pool.h"
#include "geoclimate/server/http/connection_balance.h"
#include "geoclimate/server/http/cpu_quota.h"
#include "geoclimate/server/http/frontend.h"
#include "geoclimate/server/http/io_thread.h"
#include "geoclimate/server/http/listening_socket.h"

namespace geoclimate::server::http {

class Server::State {
 public:
  State(std::unique_ptr<const Frontend> frontend, Lifecycle& lifecycle, std::size_t threads)
      : frontend_(std::move(frontend)),
        lifecycle_(lifecycle),
        balance_(threads, frontend_->options().max_connections),
        background_(frontend_->options()),
        crew_{*frontend_, balance_, background_, {}} {}

  ~State() {
    for (const auto& thread : crew_.threads) thread->Stop();
    Join();
    // Its jobs name connections, which die with the threads' objects.
    background_.Stop();
  }

  base::Result<void> Open(std::size_t threads) {
    const ServerOptions& options = frontend_->options();
    std::vector<ListeningSocket> listening;
    const auto listen = [&](Listener listener,
                            const std::optional<ListenerOptions>& at) -> base::Result<void> {
      if (!at.has_value()) return {};
      GC_ASSIGN_OR_RETURN(base::Descriptor socket, Listen(*at));
      ports_[static_cast<std::size_t>(listener)] = BoundPort(socket);
      listening.push_back({listener, std::make_shared<const base::Descriptor>(std::move(socket))});
      return {};
    };
    GC_RETURN_IF_ERROR(listen(Listener::kPublic, options.public_listener));
    GC_RETURN_IF_ERROR(listen(Listener::kManagement, options.management_listener));
    GC_RETURN_IF_ERROR(listen(Listener::kMetrics, options.metrics_listener));
    for (std::size_t i = 0; i < threads; ++i) {
      GC_ASSIGN_OR_RETURN(auto thread, IoThread::Make(crew_, i, listening));
      crew_.threads.push_back(std::move(thread));
    }
    listening.clear();
    for (const auto& thread : crew_.threads) thread->Start();
    return {};
  }

  void BeginDrain() {
    lifecycle_.set_phase(Phase::kDraining);
    for (const auto& thread : crew_.threads) thread->BeginDrain();
  }
  void Stop() {
    for (const auto& thread : crew_.threads) thread->Stop();
  }
  void Join() EXCLUDES(join_mutex_) {
    const base::MutexLock lock(join_mutex_);
    for (const auto& thread : crew_.threads) thread->Join();
    lifecycle_.set_phase(Phase::kStopped);
  }

  std::uint16_t port(Listener listener) const { return ports_[static_cast<std::size_t>(listener)]; }
  std::vector<std::size_t> connections() const { return balance_.counts(); }

 private:
  std::unique_ptr<const Frontend> frontend_;
  Lifecycle& lifecycle_;
  std::array<std::uint16_t, 3> ports_{};
  ConnectionBalance balance_;
  BackgroundPools background_;
  IoThread::Crew crew_;
  base::Mutex join_mutex_;
};

base::Result<std::unique_ptr<Server>> Server::Start(ServerOptions options, RouteTable table,
                                                    Surroundings surroundings) {
  GC_ASSIGN_OR_RETURN(auto frontend,
                      Frontend::Build(std::move(options), std::move(table), surroundings));
  const int wanted = frontend->options().threads;
  const auto threads = static_cast<std::size_t>(wanted > 0 ? wanted : CpuQuota());
  auto state = std::make_unique<State>(std::move(frontend), *surroundings.lifecycle, threads);
  GC_RETURN_IF_ERROR(state->Open(threads));
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

std::uint16_t Server::port(Listener listener) const {
  const std::uint16_t port = state_->port(listener);
  GC_CHECK(port != 0, "the listener was configured");
  return port;
}

void Server::BeginDrain() {
  state_->BeginDrain();
}
void Server::Stop() {
  state_->Stop();
}
void Server::Wait() {
  state_->Join();
}
std::vector<std::size_t> Server::connections_per_thread() const {
  return state_->connections();
}

}  // namespace geoclimate::server::http
