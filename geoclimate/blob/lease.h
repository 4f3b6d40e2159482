#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/blob_store.h"

namespace geoclimate::blob {

struct LeaseOptions {
  // The blob that says who holds it and until when: {"holder", "turn", "until"}.
  std::string key;
  // After this long without Renew() or release another may take over. Longer than what is done
  // between two renewals takes, and than the clocks of the processes differ.
  std::chrono::seconds time = std::chrono::minutes(10);
};

// The right to do something that one process does at a time, of all that share a BlobStore whose
// clocks agree to within the lease. Taken and renewed by conditional writes; given back by the
// destructor, as far as the store can be reached.
//
//   GC_ASSIGN_OR_RETURN(Lease lease, Lease::Acquire(blobs, clock, {.key = "x/lease.json"}, who));
//   ... work ...
//   GC_RETURN_IF_ERROR(lease.Renew());   // before what must not be done twice
//
// Not thread-safe. The store and the clock must outlive it.
class Lease {
 public:
  // kAborted, naming the holder and when its lease ends, while another has it, and when another was
  // quicker. `holder` says who asks, for people. kDataLoss for a blob that is no lease.
  static base::Result<Lease> Acquire(BlobStore& store, const base::Clock& clock,
                                     LeaseOptions options, std::string_view holder);
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&&) = delete;
  ~Lease();

  // From now on for the whole time again. kAborted when it ran out and another took it; other
  // errors say nothing of that, and leave it as it was.
  base::Result<void> Renew();

 private:
  Lease(BlobStore& store, const base::Clock& clock, LeaseOptions options, std::string_view holder,
        std::uint64_t turn);
  base::Result<void> Write(base::Timestamp until);

  BlobStore* store_;  // null when moved from
  const base::Clock* clock_;
  LeaseOptions options_;
  std::string holder_;
  std::uint64_t turn_;
  std::string version_;
};

}  // namespace geoclimate::blob
