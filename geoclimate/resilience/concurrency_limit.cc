#include "geoclimate/resilience/concurrency_limit.h"

#include <algorithm>

namespace geoclimate::resilience {

base::Result<void> ConcurrencyLimitOptions::Validate() const {
  if (least == 0 || least > initial || initial > most) {
    return base::InvalidArgument("a concurrency limit needs 1 <= least <= initial <= most");
  }
  if (target <= std::chrono::microseconds::zero()) {
    return base::InvalidArgument("the target of a concurrency limit must be above 0");
  }
  if (!(decrease > 0 && decrease < 1)) {
    return base::InvalidArgument("the decrease of a concurrency limit must lie between 0 and 1");
  }
  return {};
}

ConcurrencyLimit::ConcurrencyLimit(const ConcurrencyLimitOptions& options)
    : options_(options), limit_(static_cast<double>(options.initial)) {}

std::size_t ConcurrencyLimit::limit() const {
  return static_cast<std::size_t>(limit_.load(std::memory_order_relaxed));
}

bool ConcurrencyLimit::TryBegin() {
  std::size_t under_way = under_way_.load(std::memory_order_relaxed);
  do {
    if (under_way >= limit()) return false;
  } while (!under_way_.compare_exchange_weak(under_way, under_way + 1, std::memory_order_relaxed));
  return true;
}

void ConcurrencyLimit::Drop() {
  under_way_.fetch_sub(1, std::memory_order_relaxed);
}

void ConcurrencyLimit::End(std::chrono::nanoseconds took) {
  const std::size_t was_under_way = under_way_.fetch_sub(1, std::memory_order_relaxed);
  const double limit = limit_.load(std::memory_order_relaxed);
  std::size_t grace = grace_.load(std::memory_order_relaxed);
  while (grace > 0 && !grace_.compare_exchange_weak(grace, grace - 1, std::memory_order_relaxed)) {
  }
  if (took <= options_.target) {
    // A limit that is hardly used says nothing about a higher one.
    if (static_cast<double>(was_under_way) * 2 >= limit) Raise(limit);
  } else if (grace == 0) {
    Lower(limit);
  }
}

void ConcurrencyLimit::Raise(double limit) {
  const double raised = std::min(limit + 1 / limit, static_cast<double>(options_.most));
  // One that another thread has changed meanwhile is left as that thread has it.
  limit_.compare_exchange_strong(limit, raised, std::memory_order_relaxed);
}

void ConcurrencyLimit::Lower(double limit) {
  const double lowered = std::max(limit * options_.decrease, static_cast<double>(options_.least));
  if (limit_.compare_exchange_strong(limit, lowered, std::memory_order_relaxed)) {
    grace_.store(static_cast<std::size_t>(lowered), std::memory_order_relaxed);
  }
}

}  // namespace geoclimate::resilience
