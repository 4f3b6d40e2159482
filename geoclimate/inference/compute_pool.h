#pragma once

#include <cstdint>
#include <set>
#include <thread>
#include <tuple>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"

namespace geoclimate::inference {

// The threads that score what is too long for an I/O thread. They take work in the order in which
// it is due, so that models share them fairly.
//
// Thread-safe. The destructor ends the runs in progress and drops what waits: withdraw it before.
class ComputePool {
 public:
  // Something that runs again and again, on one thread at a time.
  class Work {
   public:
    virtual ~Work() = default;
    // Post() it from here for another run.
    virtual void Run() = 0;

   private:
    friend class ComputePool;
    enum class State : std::uint8_t { kIdle, kWaiting, kRunning, kRunningAndWaiting };
    State state_ = State::kIdle;
    base::Instant due_;
    std::uint64_t turn_ = 0;
  };

  // `threads` of at least 1; more than there are cores only adds switches.
  ComputePool(int threads, const base::Clock& clock);
  ~ComputePool();
  ComputePool(const ComputePool&) = delete;
  ComputePool& operator=(const ComputePool&) = delete;

  // Runs `work` once, at `due` or soon after. Of work that waits already the earlier moment counts.
  void Post(Work& work, base::Instant due) EXCLUDES(mutex_);
  // Returns when it neither waits nor runs. Not from its own Run().
  void Withdraw(Work& work) EXCLUDES(mutex_);

 private:
  using Entry = std::tuple<base::Instant, std::uint64_t, Work*>;
  void Run() EXCLUDES(mutex_);
  Work* Next() REQUIRES(mutex_);

  const base::Clock& clock_;
  base::Mutex mutex_;
  base::CondVar posted_;
  base::CondVar ended_;
  std::set<Entry> waiting_ GUARDED_BY(mutex_);
  std::uint64_t turn_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace geoclimate::inference
