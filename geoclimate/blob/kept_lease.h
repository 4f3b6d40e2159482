#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/lease.h"

namespace geoclimate::blob {

// A lease that a thread of its own renews three times in its time, for work of unknown length.
//
//   GC_ASSIGN_OR_RETURN(const auto lease, KeptLease::Acquire(blobs, clock, options, who));
//   while (lease->held() && ...) ...
//
// Thread-safe. The destructor gives it back and returns when the thread has ended, which takes a
// write to the store at most.
class KeptLease {
 public:
  // Errors as Lease::Acquire(). `store` and `clock` must outlive it.
  static base::Result<std::unique_ptr<KeptLease>> Acquire(BlobStore& store,
                                                          const base::Clock& clock,
                                                          LeaseOptions options,
                                                          std::string_view holder);
  ~KeptLease();
  KeptLease(const KeptLease&) = delete;
  KeptLease& operator=(const KeptLease&) = delete;

  // False for good once another has taken it, and while it could not be renewed in time: nobody
  // else may have it as long as this is true, but for what the clocks differ.
  bool held() const;

 private:
  KeptLease(Lease lease, const base::Clock& clock, std::chrono::seconds time, base::Instant from);
  void Run() EXCLUDES(mutex_);
  bool AwaitNext() EXCLUDES(mutex_);

  Lease lease_;  // of the thread, once it runs
  const base::Clock& clock_;
  const std::chrono::seconds time_;
  std::atomic<base::Instant> held_until_;
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// "geoclimate serve, process 4711 on host", for people who wonder who holds a lease.
std::string LeaseHolder(std::string_view program);

}  // namespace geoclimate::blob
