#include "geoclimate/access/leased_bucket.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "geoclimate/access/token_leases.h"

namespace geoclimate::access {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr double kNanosecondsPerSecond = 1e9;

std::int64_t Nanoseconds(std::chrono::nanoseconds time) {
  return time.count();
}

std::chrono::seconds Ceil(std::chrono::nanoseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time);
}

}  // namespace

LeasedBucket::LeasedBucket(std::string key, const resilience::TokenBucketOptions& options,
                           TokenLeases* leases, const base::Clock& clock)
    : key_(std::move(key)),
      nanoseconds_per_token_(kNanosecondsPerSecond / options.per_second),
      burst_(static_cast<std::int64_t>(options.burst)),
      leases_(leases),
      clock_(clock),
      local_(options, clock) {}

bool LeasedBucket::shared() const {
  return leases_ != nullptr && leases_->reachable();
}

// Each of n processes has the n-th part of the rate and of the burst: a request costs it n tokens.
std::uint32_t LeasedBucket::ShareCost() const {
  if (leases_ == nullptr) return 1;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(leases_->replicas(), 1, burst_));
}

std::int64_t LeasedBucket::NowNanoseconds() const {
  return std::chrono::nanoseconds(clock_.MonotonicNow().time_since_epoch()).count();
}

bool LeasedBucket::TakeLeased() {
  std::int64_t balance = balance_.load(kRelaxed);
  while (balance > 0) {
    if (!balance_.compare_exchange_weak(balance, balance - 1, kRelaxed)) continue;
    if (balance - 1 == low_.load(kRelaxed)) Ask();
    return true;
  }
  return false;
}

void LeasedBucket::Ask() {
  if (!asked_.exchange(true, std::memory_order_acq_rel)) leases_->Enqueue(shared_from_this());
}

bool LeasedBucket::TryTake() {
  const std::uint32_t cost = ShareCost();
  const bool within_share = local_.TryTake(cost);
  if (!shared()) return within_share;
  if (!used_.load(kRelaxed)) used_.store(true, kRelaxed);
  if (TakeLeased()) return true;
  if (const std::int64_t none_before = none_before_.load(kRelaxed); none_before != 0) {
    const std::int64_t now = NowNanoseconds();
    if (now >= none_before) Ask();
    // Whoever goes on asking waits for the answer with his next request; whoever comes back after a
    // while has the share.
    if (now < none_before + Nanoseconds(leases_->options().answer_timeout)) {
      if (within_share) local_.Return(cost);
      return false;
    }
  }
  if (within_share) owed_.fetch_add(1, kRelaxed);
  Ask();
  return within_share;
}

void LeasedBucket::Charge(std::uint32_t tokens) {
  local_.Charge(tokens);
  if (!shared()) return;
  if (!used_.load(kRelaxed)) used_.store(true, kRelaxed);
  const std::int64_t before = balance_.fetch_sub(tokens, kRelaxed);
  if (before - std::int64_t{tokens} <= low_.load(kRelaxed)) Ask();
}

LeasedBucket::Demand LeasedBucket::TakeDemand() {
  Demand demand;
  demand.settled = owed_.exchange(0, kRelaxed);
  std::int64_t balance = balance_.load(kRelaxed);
  if (balance < 0) {
    balance = balance_.exchange(0, kRelaxed);
    if (balance > 0) balance_.fetch_add(balance, kRelaxed);
    demand.settled += std::max<std::int64_t>(0, -balance);
    balance = 0;
  }
  // What the leases' time brings, but no more than would leave the others without any.
  const double in_time =
      static_cast<double>(leases_->options().block_time / std::chrono::nanoseconds(1)) /
      nanoseconds_per_token_;
  const std::int64_t most = std::max<std::int64_t>(1, burst_ / (2 * leases_->replicas()));
  const std::int64_t block =
      std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(in_time)), 1, most);
  low_.store(block / 2, kRelaxed);
  demand.wanted = std::max<std::int64_t>(0, block - std::max<std::int64_t>(0, balance));
  return demand;
}

// Tokens that nobody spent go back, so that a caller who has gone to another process finds them.
LeasedBucket::Demand LeasedBucket::TakeIdle() {
  const std::int64_t balance = balance_.exchange(0, kRelaxed);
  if (balance >= 0) return {.settled = -balance};
  balance_.fetch_add(balance, kRelaxed);
  return {};
}

void LeasedBucket::Settle(const Demand& demand, const Grant& grant) {
  left_.store(grant.left, kRelaxed);
  if (grant.tokens < demand.wanted) {
    // A token at a time would be asked for as often as the network allows.
    const std::chrono::nanoseconds wait =
        std::max<std::chrono::nanoseconds>(grant.until_next, leases_->options().ask_again);
    none_before_.store(NowNanoseconds() + wait.count(), kRelaxed);
  } else {
    none_before_.store(0, kRelaxed);
  }
  const std::int64_t balance = balance_.fetch_add(grant.tokens, kRelaxed) + grant.tokens;
  asked_.store(false, std::memory_order_release);
  // What came while the question was under way is to be told too, whether or not a request follows.
  if (balance < 0 || owed_.load(kRelaxed) > 0) Ask();
}

void LeasedBucket::Forget() {
  left_.store(-1, kRelaxed);
  none_before_.store(0, kRelaxed);
  asked_.store(false, std::memory_order_release);
}

std::uint64_t LeasedBucket::available() const {
  const std::int64_t left = left_.load(kRelaxed);
  if (!shared() || left < 0) return local_.available() / ShareCost();
  const std::int64_t balance = std::max<std::int64_t>(0, balance_.load(kRelaxed));
  return static_cast<std::uint64_t>(std::min(burst_, left + balance));
}

Standing LeasedBucket::standing(std::uint64_t per_minute) const {
  if (!shared() || left_.load(kRelaxed) < 0) {
    Standing alone = StandingOf(local_, per_minute, static_cast<std::uint64_t>(burst_));
    alone.remaining /= ShareCost();
    alone.retry_after = std::max(std::chrono::seconds(1), Ceil(local_.UntilAvailable(ShareCost())));
    return alone;
  }
  const std::uint64_t remaining = available();
  const double missing = static_cast<double>(burst_) - static_cast<double>(remaining);
  const std::chrono::nanoseconds full(std::llround(missing * nanoseconds_per_token_));
  const std::chrono::nanoseconds wait(
      std::max<std::int64_t>(0, none_before_.load(kRelaxed) - NowNanoseconds()));
  return {.limited = true,
          .limit = per_minute,
          .remaining = remaining,
          .reset = Ceil(std::max(full, wait)),
          .retry_after = std::max(std::chrono::seconds(1), Ceil(wait))};
}

}  // namespace geoclimate::access
