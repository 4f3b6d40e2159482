#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::service {

// When a canary is taken away by itself.
struct CanaryOptions {
  // Requests of each arm before anything is concluded. More waits longer and is surer.
  std::uint64_t min_requests = 200;
  // How much higher its ratio of failed requests may be than production's, beyond chance.
  double max_error_increase = 0.02;
  // How many times production's 95th percentile of compute time its own may be.
  double max_latency_ratio = 2;

  base::Result<void> Validate() const;
};

// What has come of one arm's requests since the split began. Thread-safe.
class ArmStats {
 public:
  enum class Outcome : std::uint8_t { kSucceeded, kFailed };
  void Count(Outcome outcome);
  // Compute time a row.
  void Observe(std::chrono::nanoseconds row_time);

  std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }
  std::uint64_t failed() const { return failed_.load(std::memory_order_relaxed); }
  double error_ratio() const;
  // Within a factor of 1.2; zero before anything was observed.
  std::chrono::nanoseconds LatencyAt(double quantile) const;

 private:
  // Of four buckets to a doubling.
  static constexpr std::size_t kBuckets = 160;

  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::array<std::atomic<std::uint64_t>, kBuckets> latencies_{};
};

// A canary beside the version in production: which request is whose, and what came of both.
//
// Thread-safe.
class TrafficSplit {
 public:
  enum class Arm : std::uint8_t { kProduction, kCanary };

  TrafficSplit(std::string canary, double share);

  const std::string& canary() const { return canary_; }
  double share() const { return share_; }

  // The same key gets the same arm on every replica; a larger share keeps the keys of a smaller one
  // and adds others; another canary of the same share gets other keys.
  Arm ArmOf(std::string_view key) const;

  ArmStats& stats(Arm arm) { return stats_[static_cast<std::size_t>(arm)]; }
  const ArmStats& stats(Arm arm) const { return stats_[static_cast<std::size_t>(arm)]; }

  // Why the canary must go; nothing while it need not, or while too little is known.
  std::optional<std::string> Verdict(const CanaryOptions& options) const;

 private:
  std::optional<std::string> ErrorVerdict(const CanaryOptions& options) const;
  std::optional<std::string> LatencyVerdict(const CanaryOptions& options) const;

  const std::string canary_;
  const double share_;
  std::array<ArmStats, 2> stats_;
};

// "production", "canary".
std::string_view ArmName(TrafficSplit::Arm arm);

}  // namespace geoclimate::service
