#include "geoclimate/server/http/connection_balance.h"

namespace geoclimate::server::http {

ConnectionBalance::ConnectionBalance(std::size_t threads, std::size_t max_connections)
    : threads_(threads), max_connections_(max_connections) {}

std::optional<std::size_t> ConnectionBalance::Enter(std::size_t own) {
  if (total_.fetch_add(1, std::memory_order_relaxed) >= max_connections_) {
    total_.fetch_sub(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  std::size_t best = own;
  std::size_t fewest = threads_[own].open.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    const std::size_t open = threads_[i].open.load(std::memory_order_relaxed);
    if (open < fewest) {
      best = i;
      fewest = open;
    }
  }
  threads_[best].open.fetch_add(1, std::memory_order_relaxed);
  return best;
}

void ConnectionBalance::Leave(std::size_t thread) {
  threads_[thread].open.fetch_sub(1, std::memory_order_relaxed);
  total_.fetch_sub(1, std::memory_order_relaxed);
}

std::vector<std::size_t> ConnectionBalance::counts() const {
  std::vector<std::size_t> counts;
  counts.reserve(threads_.size());
  for (const Count& count : threads_) counts.push_back(count.open.load(std::memory_order_relaxed));
  return counts;
}

}  // namespace geoclimate::server::http
