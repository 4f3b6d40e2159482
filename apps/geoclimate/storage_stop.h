#pragma once

#include <chrono>
#include <thread>

#include "apps/geoclimate/storage.h"
#include "geoclimate/base/mutex.h"

namespace geoclimate::app {

// Stops a storage, which outlives this, when this goes, or once `grace` has passed if that is
// earlier: what is being written has so long to be done.
class StorageStop {
 public:
  StorageStop(Storage& storage, std::chrono::milliseconds grace);
  ~StorageStop();
  StorageStop(const StorageStop&) = delete;
  StorageStop& operator=(const StorageStop&) = delete;

 private:
  Storage& storage_;
  base::Mutex mutex_;
  base::CondVar done_;
  bool is_done_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace geoclimate::app
