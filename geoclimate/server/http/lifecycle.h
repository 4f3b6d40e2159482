#pragma once

#include <atomic>
#include <cstdint>

namespace geoclimate::server::http {

// Where the process stands between its start and its end. /health/ready answers 503 in all phases
// but kServing.
enum class Phase : std::uint8_t { kStarting, kServing, kDraining, kStopped };

// Shared by what starts and stops the process and by the routes that report it. Thread-safe.
class Lifecycle {
 public:
  Phase phase() const { return phase_.load(std::memory_order_acquire); }
  void set_phase(Phase phase) { phase_.store(phase, std::memory_order_release); }

 private:
  std::atomic<Phase> phase_{Phase::kStarting};
};

}  // namespace geoclimate::server::http
