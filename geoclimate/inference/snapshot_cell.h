#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "geoclimate/base/mutex.h"

namespace geoclimate::inference {

namespace detail {
// A number of the calling thread, counted up from 0: where it looks for a free slot first.
std::size_t ThreadOrdinal();
}  // namespace detail

template <typename T>
class SnapshotCell;

// A view of the value that a SnapshotCell held when it was acquired. The value lives at least as
// long as this. Movable between threads; hold it for one request, not longer. Must not outlive the
// cell.
template <typename T>
class SnapshotRef {
 public:
  SnapshotRef(SnapshotRef&& other) noexcept
      : value_(std::exchange(other.value_, nullptr)),
        slot_(std::exchange(other.slot_, nullptr)),
        shared_(std::move(other.shared_)) {}
  SnapshotRef& operator=(SnapshotRef&&) = delete;
  ~SnapshotRef() {
    if (slot_ != nullptr) slot_->store(nullptr, std::memory_order_release);
  }

  // False while nothing has been published.
  explicit operator bool() const { return value_ != nullptr; }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_; }
  const T* get() const { return value_; }

 private:
  friend class SnapshotCell<T>;
  SnapshotRef(const T* value, std::atomic<const T*>* slot, std::shared_ptr<const T> shared)
      : value_(value), slot_(slot), shared_(std::move(shared)) {}

  const T* value_;
  std::atomic<const T*>* slot_;
  std::shared_ptr<const T> shared_;  // instead of a slot, when all were taken
};

// One value that many threads read while another replaces it now and then: the models that are
// served, a forecast table.
//
//   auto models = cell.Acquire();            // on an I/O thread
//   if (models) models->Find(name);
//
//   cell.Publish(std::move(next));           // on a background thread
//   cell.Reclaim();
//
// Acquire() writes only to a cache line that its thread has to itself: no lock, no counter that
// threads share. Publish() never waits for readers and never destroys a value; Reclaim() destroys
// what was replaced and has no reader left, on the thread that calls it, so that no I/O thread
// frees a model.
//
// Readers are hazard pointers (M. Michael, "Hazard Pointers", IEEE TPDS 15(6), 2004) in kSlots
// slots. With all of them taken Acquire() falls back to a shared pointer under the lock: slower,
// never wrong.
//
// Thread-safe. Destroy it after its readers.
template <typename T>
class SnapshotCell {
 public:
  static constexpr std::size_t kSlots = 64;

  SnapshotCell() = default;
  SnapshotCell(const SnapshotCell&) = delete;
  SnapshotCell& operator=(const SnapshotCell&) = delete;

  SnapshotRef<T> Acquire() const;
  // The value for long use; takes the lock. Null while nothing has been published.
  std::shared_ptr<const T> Share() const EXCLUDES(mutex_);
  // The value of `ref`, which this cell gave, for longer than the ref; takes the lock.
  std::shared_ptr<const T> Share(const SnapshotRef<T>& ref) const EXCLUDES(mutex_);

  // `next` may be null.
  void Publish(std::shared_ptr<const T> next) EXCLUDES(mutex_);
  // Lets go of replaced values without readers; returns how many still have some. Call it from a
  // background thread after Publish() and now and then until it returns 0.
  std::size_t Reclaim() EXCLUDES(mutex_);

 private:
  struct alignas(64) Slot {
    std::atomic<const T*> value{nullptr};
  };

  alignas(64) std::atomic<const T*> current_{nullptr};
  mutable std::array<Slot, kSlots> slots_;
  mutable base::Mutex mutex_;
  std::shared_ptr<const T> owner_ GUARDED_BY(mutex_);  // of *current_
  std::vector<std::shared_ptr<const T>> retired_ GUARDED_BY(mutex_);
};

template <typename T>
SnapshotRef<T> SnapshotCell<T>::Acquire() const {
  const std::size_t first = detail::ThreadOrdinal();
  for (std::size_t probe = 0; probe < kSlots; ++probe) {
    std::atomic<const T*>& slot = slots_[(first + probe) % kSlots].value;
    const T* value = current_.load();
    if (value == nullptr) return SnapshotRef<T>(nullptr, nullptr, nullptr);
    const T* free = nullptr;
    if (!slot.compare_exchange_strong(free, value)) continue;
    // A value replaced between the load and the announcement may be gone: announce until it still
    // is the current one.
    for (const T* now = current_.load(); now != value; now = current_.load()) {
      value = now;
      slot.store(value);
      if (value == nullptr) return SnapshotRef<T>(nullptr, nullptr, nullptr);
    }
    return SnapshotRef<T>(value, &slot, nullptr);
  }
  std::shared_ptr<const T> shared = Share();
  const T* value = shared.get();
  return SnapshotRef<T>(value, nullptr, std::move(shared));
}

template <typename T>
std::shared_ptr<const T> SnapshotCell<T>::Share() const {
  base::MutexLock lock(mutex_);
  return owner_;
}

template <typename T>
std::shared_ptr<const T> SnapshotCell<T>::Share(const SnapshotRef<T>& ref) const {
  if (ref.value_ == nullptr || ref.shared_ != nullptr) return ref.shared_;
  base::MutexLock lock(mutex_);
  if (owner_.get() == ref.value_) return owner_;
  // Replaced meanwhile; the ref keeps it from being reclaimed.
  const auto found = std::ranges::find(retired_, ref.value_, &std::shared_ptr<const T>::get);
  return found != retired_.end() ? *found : nullptr;
}

template <typename T>
void SnapshotCell<T>::Publish(std::shared_ptr<const T> next) {
  base::MutexLock lock(mutex_);
  current_.store(next.get());
  if (owner_ != nullptr) retired_.push_back(std::move(owner_));
  owner_ = std::move(next);
}

template <typename T>
std::size_t SnapshotCell<T>::Reclaim() {
  std::vector<std::shared_ptr<const T>> unread;
  std::size_t left = 0;
  {
    base::MutexLock lock(mutex_);
    const auto read = [this](const std::shared_ptr<const T>& value) {
      for (const Slot& slot : slots_) {
        if (slot.value.load() == value.get()) return true;
      }
      return false;
    };
    const auto first_unread = std::partition(retired_.begin(), retired_.end(), read);
    unread.assign(std::make_move_iterator(first_unread), std::make_move_iterator(retired_.end()));
    retired_.erase(first_unread, retired_.end());
    left = retired_.size();
  }
  return left;  // `unread` dies here, outside the lock
}

}  // namespace geoclimate::inference
