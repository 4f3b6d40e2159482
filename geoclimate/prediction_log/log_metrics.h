#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::prediction_log {

// Why a sampled prediction is in neither the store nor the spill.
enum class DropReason : std::uint8_t {
  kRingFull,      // it came faster than the gathering thread takes it away
  kTooWide,       // its row and outputs are larger than a ring takes
  kSpillFull,     // the store is away, and the spill has reached its bound
  kSpillFailed,   // the spill's folder could not be written
  kSpillDamaged,  // it lay in a spilled file that cannot be read; the file is kept
  kRefused,       // the store will never take it; a file of the spill is kept
  kExpired,       // it lay in the spill for longer than predictions are kept
  kStoreFull,     // the log has reached its bound of bytes within one day
};
inline constexpr std::size_t kDropReasons = 8;
// "ring_full", ...
std::string_view DropReasonName(DropReason reason);

// What the log counts, of all models together.
struct LogMetrics {
  static LogMetrics Of(telemetry::MetricRegistry& metrics);

  void Drop(DropReason reason, std::uint64_t predictions) const {
    dropped[static_cast<std::size_t>(reason)].Add(predictions);
  }

  std::array<telemetry::Counter, kDropReasons> dropped;
  telemetry::Counter stored;          // that came straight from the rings
  telemetry::Counter spilled;         // to the folder
  telemetry::Counter replayed;        // from the folder to the store
  telemetry::Counter replayed_again;  // and were there already
  telemetry::Counter damaged_files;   // that were set aside
  telemetry::Gauge spill_bytes;
  telemetry::Gauge store_bytes;
};

}  // namespace geoclimate::prediction_log
