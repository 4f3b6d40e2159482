#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "geoclimate/server/http/exchange.h"

namespace geoclimate::server::http {

// The exchanges of one I/O thread that no connection uses at the moment; the one given back last is
// taken first, because its memory is in the CPU's cache. Not thread-safe.
class ExchangePool {
 public:
  explicit ExchangePool(const Frontend& frontend) : frontend_(frontend) {}

  std::unique_ptr<Exchange> Take() {
    if (spare_.empty()) return std::make_unique<Exchange>(frontend_);
    std::unique_ptr<Exchange> exchange = std::move(spare_.back());
    spare_.pop_back();
    return exchange;
  }
  // `exchange` is idle or cleared.
  void GiveBack(std::unique_ptr<Exchange> exchange) {
    if (spare_.size() < kMaxSpare) spare_.push_back(std::move(exchange));
  }

 private:
  static constexpr std::size_t kMaxSpare = 32;

  const Frontend& frontend_;
  std::vector<std::unique_ptr<Exchange>> spare_;
};

}  // namespace geoclimate::server::http
