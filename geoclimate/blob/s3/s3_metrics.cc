#include "geoclimate/blob/s3/s3_metrics.h"

#include <string_view>

namespace geoclimate::blob {

S3Metrics::S3Metrics(telemetry::MetricRegistry& registry) {
  constexpr std::array<std::string_view, kS3Operations> kOperations = {
      "get", "head", "put", "list", "delete", "multipart"};
  constexpr std::array<std::string_view, 3> kOutcomes = {"ok", "refused", "failed"};
  for (std::size_t i = 0; i < kS3Operations; ++i) {
    OfOperation& operation = operations_[i];
    for (std::size_t j = 0; j < kOutcomes.size(); ++j) {
      operation.outcomes[j] =
          registry.AddCounter("storage_requests_total", "Requests to the object store, retries too",
                              {{"operation", kOperations[i]}, {"outcome", kOutcomes[j]}});
    }
    operation.seconds =
        registry.AddHistogram("storage_request_seconds", "Time of a request to the object store",
                              telemetry::DurationBuckets(), {{"operation", kOperations[i]}});
  }
}

void S3Metrics::Count(S3Operation operation, Outcome outcome, std::chrono::nanoseconds took) const {
  const OfOperation& counted = operations_[static_cast<std::size_t>(operation)];
  counted.outcomes[static_cast<std::size_t>(outcome)].Add();
  counted.seconds.Observe(std::chrono::duration<double>(took).count());
}

}  // namespace geoclimate::blob
