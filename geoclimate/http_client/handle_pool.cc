#include "geoclimate/http_client/handle_pool.h"

#include <utility>

#include "geoclimate/base/check.h"

namespace geoclimate::http_client {

CurlHandle HandlePool::Take(std::string_view origin) {
  {
    const base::MutexLock lock(mutex_);
    for (std::size_t i = idle_.size(); i-- > 0;) {
      if (idle_[i].origin != origin) continue;
      CurlHandle handle = std::move(idle_[i].handle);
      idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
      return handle;
    }
  }
  CurlHandle handle(::curl_easy_init());
  GC_CHECK(handle != nullptr, "curl_easy_init fails only without memory");
  return handle;
}

void HandlePool::Return(CurlHandle handle, std::string origin) {
  // Closed without the lock: ending TLS writes to the network.
  CurlHandle oldest;
  const base::MutexLock lock(mutex_);
  if (most_ == 0) return;
  if (idle_.size() >= most_) {
    oldest = std::move(idle_.front().handle);
    idle_.erase(idle_.begin());
  }
  idle_.push_back({std::move(origin), std::move(handle)});
}

}  // namespace geoclimate::http_client
