#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"

namespace geoclimate::cache {

// One piece of work for all who want its answer at the same time. The first who asks for a key
// leads: he gets the Flight and sees to the work, on whatever thread. Who asks until it lands gets
// the same answer, or the same error, through a callback of his own; nobody waits.
//
//   auto joined = flights.Join(key, [](const Result<Row>& row) { ... });
//   if (joined.flight) pool.Submit([flight = std::move(*joined.flight)]() mutable {
//     flight.Land(Compute());
//   });
//
// Each callback, the leader's too, is called exactly once by the thread that lands the flight, or
// never when Cancel() came in time. A Flight that is destroyed without Land() lands kInternal. Keys
// are compared whole. Callbacks run without a lock held and may Join() again; whoever does so then
// leads anew.
//
// For work that is dearer than a callback and a look-up under one lock: what an I/O thread computes
// itself does not come here. Thread-safe. Destroy it after its flights.
template <typename T>
class SingleFlight {
 public:
  using Callback = std::function<void(const base::Result<T>&)>;

  // The leader's duty. Movable; not thread-safe.
  class Flight {
   public:
    Flight(Flight&& other) noexcept
        : group_(std::exchange(other.group_, nullptr)), key_(std::move(other.key_)) {}
    Flight& operator=(Flight&&) = delete;
    ~Flight() {
      if (group_ != nullptr) {
        std::exchange(group_, nullptr)->Land(key_, base::Internal("the work was given up"));
      }
    }
    // Once.
    void Land(const base::Result<T>& answer) {
      GC_CHECK(group_ != nullptr, "a flight lands once");
      std::exchange(group_, nullptr)->Land(key_, answer);
    }

   private:
    friend class SingleFlight;
    Flight(SingleFlight* group, std::string key) : group_(group), key_(std::move(key)) {}
    SingleFlight* group_;
    std::string key_;
  };

  struct Joined {
    std::optional<Flight> flight;  // of the leader
    std::uint64_t ticket = 0;      // for Cancel()
  };

  SingleFlight() = default;
  ~SingleFlight() {
    const base::MutexLock lock(mutex_);
    GC_CHECK(flights_.empty(), "flights have landed before their group is destroyed");
  }
  SingleFlight(const SingleFlight&) = delete;
  SingleFlight& operator=(const SingleFlight&) = delete;

  Joined Join(std::string_view key, Callback callback) EXCLUDES(mutex_) {
    const base::MutexLock lock(mutex_);
    Joined joined;
    joined.ticket = ++last_ticket_;
    auto [found, first] = flights_.try_emplace(std::string(key));
    found->second.push_back({.ticket = joined.ticket, .callback = std::move(callback)});
    if (first) joined.flight.emplace(Flight(this, found->first));
    return joined;
  }

  // True: the callback of this ticket will not be called. False: it has been, or is being called
  // now. The work goes on for the others, and for nobody too: its leader has it in hand.
  [[nodiscard]] bool Cancel(std::string_view key, std::uint64_t ticket) EXCLUDES(mutex_) {
    // Dies after the lock: its captures are the caller's code.
    Callback cancelled;
    const base::MutexLock lock(mutex_);
    const auto found = flights_.find(std::string(key));
    if (found == flights_.end()) return false;
    std::vector<Passenger>& passengers = found->second;
    const auto passenger =
        std::find_if(passengers.begin(), passengers.end(),
                     [ticket](const Passenger& one) { return one.ticket == ticket; });
    if (passenger == passengers.end()) return false;
    cancelled = std::move(passenger->callback);
    passengers.erase(passenger);
    return true;
  }

  // Pieces of work that have not landed.
  std::size_t in_flight() const EXCLUDES(mutex_) {
    const base::MutexLock lock(mutex_);
    return flights_.size();
  }

 private:
  struct Passenger {
    std::uint64_t ticket;
    Callback callback;
  };

  void Land(const std::string& key, const base::Result<T>& answer) EXCLUDES(mutex_) {
    std::vector<Passenger> passengers;
    {
      const base::MutexLock lock(mutex_);
      const auto found = flights_.find(key);
      GC_CHECK(found != flights_.end(), "a flight lands once");
      passengers = std::move(found->second);
      flights_.erase(found);
    }
    for (const Passenger& passenger : passengers) passenger.callback(answer);
  }

  mutable base::Mutex mutex_;
  std::unordered_map<std::string, std::vector<Passenger>> flights_ GUARDED_BY(mutex_);
  std::uint64_t last_ticket_ GUARDED_BY(mutex_) = 0;
};

}  // namespace geoclimate::cache
