#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/api_key_store.h"
#include "geoclimate/store/audit_store.h"
#include "geoclimate/store/issued_forecast_store.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::store {

// The clock of a store that is copied into: it stands at the moment when what is being copied was
// received, so that the copy gives the same answers about the past; before Set() it is now.
// Thread-safe.
class ReplayClock final : public base::Clock {
 public:
  base::Timestamp Now() const override { return now_.load(); }
  base::Instant MonotonicNow() const override { return std::chrono::steady_clock::now(); }
  void Set(base::Timestamp now) { now_.store(now); }

 private:
  std::atomic<base::Timestamp> now_{base::SystemClock().Now()};
};

// A database, whose stores outlive it.
struct StoreSides {
  ObservationStore& observations;
  IssuedForecastStore& issued_forecasts;
  ApiKeyStore& api_keys;
  AuditStore& audit;
};

// How much there is of something, and a SHA-256 over all of it in a fixed order, one text for every
// implementation.
struct ContentPart {
  std::uint64_t count = 0;
  std::string sha256;
  friend bool operator==(const ContentPart&, const ContentPart&) = default;
};
struct StoreContent {
  ContentPart sites;
  ContentPart site_versions;
  ContentPart coverage;
  ContentPart versions;  // with received_at, available_at and origin
  ContentPart forecasts;
  ContentPart api_keys;
  ContentPart api_key_days;  // what keys did, by day
  ContentPart audit;
  friend bool operator==(const StoreContent&, const StoreContent&) = default;
};
// Reads all of it.
base::Result<StoreContent> ReadContent(const StoreSides& stores);

struct CopyProgress {
  std::atomic<std::uint64_t> versions{0};  // there are
  std::atomic<std::uint64_t> versions_copied{0};
  std::atomic<std::uint64_t> forecasts_copied{0};
  std::atomic<std::uint64_t> audit_copied{0};
};

// Writes everything of `from` into `to`, whose clock is `clock`, in transactions in the order in
// which it was received. It may be stopped at any moment and run again: what is there changes
// nothing, but for keys, which become what `from` says. Holds about a million versions in memory at
// a time.
//
// The copy shows what `from` does, but for Generation(), as transactions that left no version are
// not copied.
base::Result<void> CopyStore(const StoreSides& from, const StoreSides& to, ReplayClock& clock,
                             CopyProgress& progress);

}  // namespace geoclimate::store
