#include "geoclimate/prediction_log/log_metrics.h"

namespace geoclimate::prediction_log {

std::string_view DropReasonName(DropReason reason) {
  static constexpr std::array<std::string_view, kDropReasons> kNames = {
      "ring_full",     "too_wide", "spill_full", "spill_failed",
      "spill_damaged", "refused",  "expired",    "store_full"};
  return kNames[static_cast<std::size_t>(reason)];
}

LogMetrics LogMetrics::Of(telemetry::MetricRegistry& metrics) {
  LogMetrics log;
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    log.dropped[i] = metrics.AddCounter("prediction_log_dropped_total",
                                        "Sampled predictions that were not logged",
                                        {{"reason", DropReasonName(static_cast<DropReason>(i))}});
  }
  const auto add = [&metrics](std::string_view outcome) {
    return metrics.AddCounter("prediction_log_entries_total",
                              "Sampled predictions by where they went", {{"outcome", outcome}});
  };
  log.stored = add("stored");
  log.spilled = add("spilled");
  log.replayed = add("replayed");
  log.replayed_again = add("replayed_again");
  log.damaged_files = metrics.AddCounter("prediction_log_damaged_files_total",
                                         "Files of the spill that cannot be read or stored");
  log.spill_bytes =
      metrics.AddGauge("prediction_log_spill_bytes", "Bytes that wait for the database in files");
  log.store_bytes =
      metrics.AddGauge("prediction_log_store_bytes", "Bytes of the prediction log in the database");
  return log;
}

}  // namespace geoclimate::prediction_log
