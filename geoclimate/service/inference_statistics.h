#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "geoclimate/base/clock.h"
#include "geoclimate/model/manifest.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::service {

// Where the time of one inference went.
struct InferenceTimes {
  std::chrono::nanoseconds total{};
  std::chrono::nanoseconds queue{};
  std::chrono::nanoseconds compute_input{};  // to read and gather what came
  std::chrono::nanoseconds compute_infer{};
  std::chrono::nanoseconds compute_output{};
};

// What the Open Inference Protocol's statistics extension tells of one version of a model, counted
// since the process loaded it. Only requests of that protocol count.
//
// Thread-safe. Threads add to cells of their own, as a rule; reading sums them.
class InferenceStatistics {
 public:
  struct Duration {
    std::uint64_t count = 0;
    std::uint64_t nanoseconds = 0;
  };
  struct Totals {
    Duration success;  // requests, and their whole time
    Duration failure;
    std::uint64_t inferences = 0;  // rows
    std::uint64_t executions = 0;  // calls of the model
    Duration queue;
    Duration compute_input;
    Duration compute_infer;
    Duration compute_output;
    std::uint64_t last_inference_ms = 0;  // since 1970; 0: none yet
  };

  InferenceStatistics() = default;
  InferenceStatistics(const InferenceStatistics&) = delete;
  InferenceStatistics& operator=(const InferenceStatistics&) = delete;

  // One that `metrics` reads too, under Triton's names: nv_inference_* by model and version.
  static std::shared_ptr<InferenceStatistics> Of(telemetry::MetricRegistry& metrics,
                                                 const model::ModelDescription& description);

  void AddSuccess(std::size_t rows, std::size_t executions, const InferenceTimes& times,
                  base::Timestamp at);
  void AddFailure(std::chrono::nanoseconds total);

  Totals Read() const;

 private:
  enum Cell : std::size_t {
    kSuccess,
    kSuccessTime,
    kFailure,
    kFailureTime,
    kInferences,
    kExecutions,
    kQueueTime,
    kInputTime,
    kInferTime,
    kOutputTime,
    kLast,
    kCells,
  };
  struct alignas(64) Shard {
    std::array<std::atomic<std::uint64_t>, kCells> cells{};
  };
  Shard& Mine();
  std::uint64_t Sum(Cell cell) const;

  std::array<Shard, 8> shards_;
};

}  // namespace geoclimate::service
