#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/blob_store.h"
#include "geoclimate/blob/kept_lease.h"
#include "geoclimate/resilience/sleeper.h"

namespace geoclimate::fetch {

// The right to fetch from a source, which one process has at a time: two would ask for the same
// things, and move the same cursor. Given back with the object; of a process that was killed it is
// free again after kLease.
//
// Not thread-safe. The blob store and the clock must outlive it.
class FetchTurn {
 public:
  static constexpr std::chrono::seconds kLease{20};

  // kAborted, naming who fetches, while another process does.
  static base::Result<FetchTurn> Take(blob::BlobStore& blobs, const base::Clock& clock,
                                      std::string_view source, std::string_view holder);
  // Waits for the turn of a process that does not hold on to it, because it was killed: kAborted as
  // soon as the other is seen alive. kCancelled when the sleeper was stopped.
  static base::Result<FetchTurn> Await(blob::BlobStore& blobs, const base::Clock& clock,
                                       std::string_view source, std::string_view holder,
                                       resilience::Sleeper& sleeper);

  // Notes that the source was fetched up to now, for LastFetched() of every process.
  base::Result<void> NoteFetched() const;

 private:
  FetchTurn(blob::BlobStore& blobs, const base::Clock& clock, std::string_view source,
            std::unique_ptr<blob::KeptLease> lease)
      : blobs_(&blobs), clock_(&clock), source_(source), lease_(std::move(lease)) {}

  blob::BlobStore* blobs_;
  const base::Clock* clock_;
  std::string source_;
  std::unique_ptr<blob::KeptLease> lease_;
};

// When a process fetched all that was new from the source; nothing before the first time.
base::Result<std::optional<base::Timestamp>> LastFetched(const blob::BlobStore& blobs,
                                                         std::string_view source);

}  // namespace geoclimate::fetch
