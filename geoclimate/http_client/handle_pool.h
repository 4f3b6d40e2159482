#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/mutex.h"
#include "geoclimate/http_client/curl_handle.h"

namespace geoclimate::http_client {

// Handles that are not in use, each with the connection of its last request. Thread-safe.
class HandlePool {
 public:
  explicit HandlePool(std::size_t most) : most_(most) {}

  // The one last used for this origin; a fresh one when there is none.
  CurlHandle Take(std::string_view origin) EXCLUDES(mutex_);
  // With the pool full the one that was idle for longest goes.
  void Return(CurlHandle handle, std::string origin) EXCLUDES(mutex_);

 private:
  struct Idle {
    std::string origin;
    CurlHandle handle;
  };

  const std::size_t most_;
  base::Mutex mutex_;
  std::vector<Idle> idle_ GUARDED_BY(mutex_);  // the last returned at the end
};

}  // namespace geoclimate::http_client
