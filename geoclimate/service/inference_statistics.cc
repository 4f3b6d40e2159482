#include "geoclimate/service/inference_statistics.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "geoclimate/inference/snapshot_cell.h"

namespace geoclimate::service {
namespace {

constexpr double kNanosecondsPerMicrosecond = 1000;

void Add(std::atomic<std::uint64_t>& cell, std::uint64_t amount) {
  cell.fetch_add(amount, std::memory_order_relaxed);
}

std::uint64_t Nanoseconds(std::chrono::nanoseconds time) {
  return static_cast<std::uint64_t>(std::max(time.count(), std::chrono::nanoseconds::rep{0}));
}

}  // namespace

std::shared_ptr<InferenceStatistics> InferenceStatistics::Of(
    telemetry::MetricRegistry& metrics, const model::ModelDescription& description) {
  auto statistics = std::make_shared<InferenceStatistics>();
  const std::string version = fmt::format("{}", description.version);
  const auto add = [&](std::string_view name, std::string_view help, Cell cell, double scale) {
    // Triton's names lack the _total that OpenMetrics asks of counters; they are given as gauges.
    metrics.AddReader(
        telemetry::MetricRegistry::ReadKind::kGauge, name, help,
        {{"model", description.model_name}, {"version", version}},
        [statistics, cell, scale] { return static_cast<double>(statistics->Sum(cell)) / scale; });
  };
  add("nv_inference_request_success", "Inference requests that succeeded", kSuccess, 1);
  add("nv_inference_request_failure", "Inference requests that failed", kFailure, 1);
  add("nv_inference_count", "Rows inferred", kInferences, 1);
  add("nv_inference_exec_count", "Calls of the model", kExecutions, 1);
  const auto add_time = [&](std::string_view name, std::string_view help, Cell cell) {
    add(name, help, cell, kNanosecondsPerMicrosecond);
  };
  add_time("nv_inference_request_duration_us", "Time of inference requests", kSuccessTime);
  add_time("nv_inference_queue_duration_us", "Time that requests waited", kQueueTime);
  add_time("nv_inference_compute_input_duration_us", "Time to read inputs", kInputTime);
  add_time("nv_inference_compute_infer_duration_us", "Time in models", kInferTime);
  add_time("nv_inference_compute_output_duration_us", "Time to write outputs", kOutputTime);
  return statistics;
}

InferenceStatistics::Shard& InferenceStatistics::Mine() {
  return shards_.at(inference::detail::ThreadOrdinal() % shards_.size());
}

void InferenceStatistics::AddSuccess(std::size_t rows, std::size_t executions,
                                     const InferenceTimes& times, base::Timestamp at) {
  auto& cells = Mine().cells;
  Add(cells[kSuccess], 1);
  Add(cells[kSuccessTime], Nanoseconds(times.total));
  Add(cells[kInferences], rows);
  Add(cells[kExecutions], executions);
  Add(cells[kQueueTime], Nanoseconds(times.queue));
  Add(cells[kInputTime], Nanoseconds(times.compute_input));
  Add(cells[kInferTime], Nanoseconds(times.compute_infer));
  Add(cells[kOutputTime], Nanoseconds(times.compute_output));
  const auto since_1970 =
      std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  cells[kLast].store(static_cast<std::uint64_t>(since_1970), std::memory_order_relaxed);
}

void InferenceStatistics::AddFailure(std::chrono::nanoseconds total) {
  auto& cells = Mine().cells;
  Add(cells[kFailure], 1);
  Add(cells[kFailureTime], Nanoseconds(total));
}

std::uint64_t InferenceStatistics::Sum(Cell cell) const {
  std::uint64_t sum = 0;
  for (const Shard& shard : shards_) sum += shard.cells[cell].load(std::memory_order_relaxed);
  return sum;
}

InferenceStatistics::Totals InferenceStatistics::Read() const {
  Totals totals;
  const std::uint64_t requests = Sum(kSuccess);
  totals.success = {.count = requests, .nanoseconds = Sum(kSuccessTime)};
  totals.failure = {.count = Sum(kFailure), .nanoseconds = Sum(kFailureTime)};
  totals.inferences = Sum(kInferences);
  totals.executions = Sum(kExecutions);
  totals.queue = {.count = requests, .nanoseconds = Sum(kQueueTime)};
  totals.compute_input = {.count = requests, .nanoseconds = Sum(kInputTime)};
  totals.compute_infer = {.count = requests, .nanoseconds = Sum(kInferTime)};
  totals.compute_output = {.count = requests, .nanoseconds = Sum(kOutputTime)};
  for (const Shard& shard : shards_) {
    totals.last_inference_ms =
        std::max(totals.last_inference_ms, shard.cells[kLast].load(std::memory_order_relaxed));
  }
  return totals;
}

}  // namespace geoclimate::service
