#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <vector>

namespace geoclimate::server::http {

// How many connections each I/O thread has, so that a new one goes where the fewest are: what the
// kernel's hashing over several listening sockets does not give. Thread-safe.
class ConnectionBalance {
 public:
  ConnectionBalance(std::size_t threads, std::size_t max_connections);

  // A place on the thread with the fewest connections, on `own` when that is one of them. Nothing
  // when max_connections are open. To be given back by Leave().
  std::optional<std::size_t> Enter(std::size_t own);
  void Leave(std::size_t thread);

  std::vector<std::size_t> counts() const;

 private:
  struct alignas(64) Count {
    std::atomic<std::size_t> open{0};
  };
  std::vector<Count> threads_;
  std::atomic<std::size_t> total_{0};
  std::size_t max_connections_;
};

}  // namespace geoclimate::server::http
