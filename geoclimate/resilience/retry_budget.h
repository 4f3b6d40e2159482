#pragma once

#include <atomic>
#include <cstdint>

#include "geoclimate/base/result.h"

namespace geoclimate::resilience {

struct RetryBudgetOptions {
  // Retries that a first attempt pays for, from 0 to 1. With 0.2 calls to a service that is down
  // cost it at most a fifth more than when it is well; larger rides out more single failures and
  // multiplies the load of an outage.
  double ratio = 0.2;
  // Retries that may be made before any call has paid, and the most that are saved up: a burst of
  // failures after a quiet time. From 0 to 1e6.
  double reserve = 10;

  base::Result<void> Validate() const;
};

// Bounds the retries of all calls to one service as a share of the calls, so that retrying does not
// keep down what is already down: each call deposits `ratio`, each retry withdraws 1. Thread-safe,
// one atomic word.
class RetryBudget {
 public:
  explicit RetryBudget(const RetryBudgetOptions& options);

  // Of a call, before its first attempt.
  void Deposit();
  // Of a retry. False when the budget does not hold one: give the failure to the caller.
  bool TryWithdraw();

  // Retries that could be made now.
  double balance() const;

 private:
  const std::int64_t deposit_;
  const std::int64_t most_;
  std::atomic<std::int64_t> balance_;  // in thousandths of a retry
};

}  // namespace geoclimate::resilience
