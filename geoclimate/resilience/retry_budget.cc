#include "geoclimate/resilience/retry_budget.h"

#include <algorithm>
#include <cmath>

namespace geoclimate::resilience {
namespace {

constexpr std::int64_t kRetry = 1000;

}  // namespace

base::Result<void> RetryBudgetOptions::Validate() const {
  if (!(ratio >= 0 && ratio <= 1)) {
    return base::InvalidArgument("the ratio of a retry budget must lie between 0 and 1");
  }
  if (!(reserve >= 0 && reserve <= 1e6)) {
    return base::InvalidArgument("the reserve of a retry budget must lie between 0 and 1e6");
  }
  return {};
}

RetryBudget::RetryBudget(const RetryBudgetOptions& options)
    : deposit_(std::llround(options.ratio * kRetry)),
      // Deposits must be able to add up to one retry even where nothing is held in reserve.
      most_(std::llround(std::max(options.reserve, options.ratio > 0 ? 1.0 : 0.0) * kRetry)),
      balance_(std::llround(options.reserve * kRetry)) {}

void RetryBudget::Deposit() {
  std::int64_t balance = balance_.load(std::memory_order_relaxed);
  while (balance < most_ &&
         !balance_.compare_exchange_weak(balance, std::min(balance + deposit_, most_),
                                         std::memory_order_relaxed)) {
  }
}

bool RetryBudget::TryWithdraw() {
  std::int64_t balance = balance_.load(std::memory_order_relaxed);
  do {
    if (balance < kRetry) return false;
  } while (!balance_.compare_exchange_weak(balance, balance - kRetry, std::memory_order_relaxed));
  return true;
}

double RetryBudget::balance() const {
  return static_cast<double>(balance_.load(std::memory_order_relaxed)) / kRetry;
}

}  // namespace geoclimate::resilience
