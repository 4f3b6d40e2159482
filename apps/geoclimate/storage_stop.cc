#include "apps/geoclimate/storage_stop.h"

namespace geoclimate::app {

StorageStop::StorageStop(Storage& storage, std::chrono::milliseconds grace)
    : storage_(storage), thread_([this, grace] {
        const auto until = base::Deadline::At(std::chrono::steady_clock::now() + grace);
        {
          const base::MutexLock lock(mutex_);
          while (!is_done_ && done_.WaitUntil(mutex_, until)) {
          }
        }
        storage_.Stop();
      }) {}

StorageStop::~StorageStop() {
  {
    const base::MutexLock lock(mutex_);
    is_done_ = true;
    done_.NotifyAll();
  }
  thread_.join();
}

}  // namespace geoclimate::app
