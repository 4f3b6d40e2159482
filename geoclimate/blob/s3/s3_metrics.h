#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::blob {

enum class S3Operation : std::uint8_t { kGet, kHead, kPut, kList, kDelete, kMultipart };
inline constexpr std::size_t kS3Operations = 6;

// storage_requests_total{operation,outcome} and storage_request_seconds{operation}: of single
// requests to the store, retries too. `outcome` is "ok", "refused" for an answer that says no, or
// "failed" for one that did not come or says that the store is not well.
class S3Metrics {
 public:
  // Counts nothing.
  S3Metrics() = default;
  explicit S3Metrics(telemetry::MetricRegistry& registry);

  enum class Outcome : std::uint8_t { kOk, kRefused, kFailed };
  void Count(S3Operation operation, Outcome outcome, std::chrono::nanoseconds took) const;

 private:
  struct OfOperation {
    std::array<telemetry::Counter, 3> outcomes;
    telemetry::Histogram seconds;
  };
  std::array<OfOperation, kS3Operations> operations_;
};

}  // namespace geoclimate::blob
