#include "geoclimate/inference/snapshot_cell.h"

namespace geoclimate::inference::detail {

std::size_t ThreadOrdinal() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t ordinal = next.fetch_add(1, std::memory_order_relaxed);
  return ordinal;
}

}  // namespace geoclimate::inference::detail
