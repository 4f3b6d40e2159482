#include "geoclimate/cache/ghost_queue.h"

#include <algorithm>

namespace geoclimate::cache {
namespace {

std::uint64_t Content(std::uint64_t hash, std::uint32_t number) {
  return (hash << 32) | number;
}

}  // namespace

void GhostQueue::Add(std::uint64_t hash) {
  // 0 stands for an empty slot.
  if (++added_ == 0) ++added_;
  const std::span<std::uint64_t> bucket = BucketOf(hash);
  const auto age = [this](std::uint64_t content) {
    return content == 0 ? ~std::uint32_t{0} : added_ - static_cast<std::uint32_t>(content);
  };
  *std::max_element(bucket.begin(), bucket.end(), [&](std::uint64_t a, std::uint64_t b) {
    return age(a) < age(b);
  }) = Content(hash, added_);
}

bool GhostQueue::Take(std::uint64_t hash, std::uint32_t most) {
  for (std::uint64_t& content : BucketOf(hash)) {
    if (content == 0 || (content ^ (hash << 32)) >> 32 != 0) continue;
    const std::uint32_t age = added_ - static_cast<std::uint32_t>(content);
    content = 0;
    return age < most;
  }
  return false;
}

void GhostQueue::Clear() {
  std::fill(slots_.begin(), slots_.end(), 0);
  added_ = 0;
}

}  // namespace geoclimate::cache
