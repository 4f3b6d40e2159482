#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "geoclimate/server/http/exchange.h"

namespace geoclimate::server::http {

// The exchanges of one I/O thread that no connection uses at the moment; the one given back last is
// taken first, because its memory is in the CPU's cache.
//
// What they keep together is bounded: every exchange meets a long request in the end, and all of
// them would then hold on to its size for good. Not thread-safe.
class ExchangePool {
 public:
  static constexpr std::size_t kMaxSpare = 32;
  // Of all spare ones together; above it the ones that have been spare for longest are cut to
  // kSmallBytes a buffer.
  static constexpr std::size_t kMaxSpareBytes = std::size_t{4} << 20;
  static constexpr std::size_t kSmallBytes = std::size_t{32} << 10;

  explicit ExchangePool(const Frontend& frontend) : frontend_(frontend) {}

  std::unique_ptr<Exchange> Take() {
    if (spare_.empty()) return std::make_unique<Exchange>(frontend_);
    std::unique_ptr<Exchange> exchange = std::move(spare_.back());
    spare_.pop_back();
    spare_bytes_ -= exchange->capacity();
    return exchange;
  }
  // `exchange` is idle or cleared.
  void GiveBack(std::unique_ptr<Exchange> exchange) {
    if (spare_.size() == kMaxSpare) return;
    spare_bytes_ += exchange->capacity();
    spare_.push_back(std::move(exchange));
    for (auto cold = spare_.begin(); spare_bytes_ > kMaxSpareBytes && cold != spare_.end();
         ++cold) {
      spare_bytes_ -= (*cold)->capacity();
      (*cold)->Shrink(kSmallBytes);
      spare_bytes_ += (*cold)->capacity();
    }
  }

  std::size_t spare_bytes() const { return spare_bytes_; }

 private:
  const Frontend& frontend_;
  std::vector<std::unique_ptr<Exchange>> spare_;
  std::size_t spare_bytes_ = 0;
};

}  // namespace geoclimate::server::http
