#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "geoclimate/access/caller.h"
#include "geoclimate/access/key_table.h"
#include "geoclimate/access/rate_limit.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/api_key_store.h"

namespace geoclimate::access {

struct KeyRingOptions {
  // How soon a key that was made or revoked by any process counts in this one. Smaller asks the
  // store more often, which is one read of an index.
  std::chrono::milliseconds refresh_interval{2'000};
  // How often the store is told of what keys did, and asked what they did elsewhere. Larger writes
  // less; what was not told is lost when the process is killed, and quotas of several processes
  // are kept to that much.
  std::chrono::milliseconds record_interval{30'000};
  // How long the last known keys open while the store cannot be asked. Larger keeps callers in
  // through a longer outage, and a key that was revoked meanwhile with them.
  std::chrono::seconds trust_for = std::chrono::hours(24);
  // Nothing: keys call as often as they like, whatever their own limit.
  std::optional<RateLimitOptions> rate = {};
};

// The store's keys in memory, followed by a thread of its own: requests look keys up in a KeyTable
// and never wait for the store. While the store is away the last known keys go on to count, for
// trust_for at most: so long may a revocation take then. What they did is told when it is back,
// once.
//
// Thread-safe. The store and the clock must outlive it. The destructor tells the store of the last
// uses.
class KeyRing {
 public:
  // Reads the keys. The store's errors.
  static base::Result<std::unique_ptr<KeyRing>> Start(store::ApiKeyStore& store,
                                                      const base::Clock& clock,
                                                      const KeyRingOptions& options);
  ~KeyRing();
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;

  // Rises with each new table: who keeps one asks for the next only then.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  // Whether the keys of the last table still count.
  bool TrustedAt(base::Timestamp now) const {
    return now.time_since_epoch().count() < trusted_until_.load(std::memory_order_relaxed);
  }
  // Takes the lock.
  std::shared_ptr<const KeyTable> Table() const EXCLUDES(mutex_);

  // What the thread does now and then, at once. The store's errors; the last known keys stay, and
  // what was not recorded is kept for the next time.
  base::Result<void> Refresh() EXCLUDES(work_mutex_, mutex_);
  base::Result<void> Record() EXCLUDES(work_mutex_, mutex_);

 private:
  KeyRing(store::ApiKeyStore& store, const base::Clock& clock, const KeyRingOptions& options);
  void Run() EXCLUDES(stop_mutex_);
  Activity* ActivityOf(const store::ApiKeyRecord& key) REQUIRES(work_mutex_);
  base::Result<void> ReadKeys() REQUIRES(work_mutex_) EXCLUDES(mutex_);
  base::Result<void> RecordUses() REQUIRES(work_mutex_);
  void GatherReport() REQUIRES(work_mutex_);
  base::Result<void> SendReport() REQUIRES(work_mutex_);
  bool DayHasEnded() EXCLUDES(work_mutex_);
  base::Result<void> ReadDay(base::LocalDay day) REQUIRES(work_mutex_);

  struct Known {
    std::unique_ptr<Activity> activity;
    // What the store was told of.
    base::Timestamp recorded_use;
    Activity::Totals recorded;
  };

  store::ApiKeyStore& store_;
  const base::Clock& clock_;
  const KeyRingOptions options_;
  std::atomic<std::uint64_t> version_{0};
  std::atomic<std::int64_t> trusted_until_{0};  // microseconds since 1970
  base::Mutex work_mutex_;                      // one refresh or record at a time
  std::map<std::string, Known, std::less<>> known_ GUARDED_BY(work_mutex_);
  std::int64_t revision_ GUARDED_BY(work_mutex_) = -1;
  // What is being told: the same until the store has said that it is there.
  store::ApiKeyReport report_ GUARDED_BY(work_mutex_);
  std::vector<std::pair<Known*, Activity::Totals>> reported_ GUARDED_BY(work_mutex_);
  base::LocalDay day_ GUARDED_BY(work_mutex_);  // that what is counted now belongs to
  mutable base::Mutex mutex_;
  std::shared_ptr<const KeyTable> table_ GUARDED_BY(mutex_);
  base::Mutex stop_mutex_;
  base::CondVar stopped_;
  bool stopping_ GUARDED_BY(stop_mutex_) = false;
  std::thread thread_;
};

}  // namespace geoclimate::access
