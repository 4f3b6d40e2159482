#include "geoclimate/access/activity.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace geoclimate::access {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

std::uint64_t Sum(std::uint64_t total, std::int64_t correction) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, static_cast<std::int64_t>(total) + correction));
}

std::int64_t Difference(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(a) - static_cast<std::int64_t>(b);
}

}  // namespace

Activity::Activity(std::string id, std::string name, const ActivityLimits& limits,
                   const base::Clock& clock)
    : id_(std::move(id)),
      name_(std::move(name)),
      daily_rows_(limits.daily_rows),
      per_minute_(!limits.rate                     ? 0
                  : limits.requests_per_minute > 0 ? limits.requests_per_minute
                                                   : limits.rate->requests_per_minute),
      burst_(limits.rate ? limits.rate->burst : 0) {
  if (limits.rate) bucket_.emplace(limits.rate->BucketOf(limits.requests_per_minute), clock);
}

bool Activity::TakeRequest() {
  requests_.fetch_add(1, kRelaxed);
  return !bucket_ || bucket_->TryTake();
}

bool Activity::CountRows(std::size_t rows) {
  const std::uint64_t before = rows_.fetch_add(rows, kRelaxed);
  if (daily_rows_ > 0 && Sum(before + rows, day_rows_.load(kRelaxed)) > daily_rows_) {
    rows_.fetch_sub(rows, kRelaxed);
    return false;
  }
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (bucket_ && rows > 1) bucket_->Charge(static_cast<std::uint32_t>(std::min(rows - 1, kMost)));
  return true;
}

Standing Activity::standing() const {
  return bucket_ ? StandingOf(*bucket_, per_minute_, burst_) : Standing();
}

void Activity::NoteUse(base::Timestamp now) {
  constexpr std::int64_t kLag = 30'000'000;
  const std::int64_t micros = now.time_since_epoch().count();
  if (micros - last_used_.load(kRelaxed) >= kLag) last_used_.store(micros, kRelaxed);
}

base::Timestamp Activity::last_used() const {
  return base::Timestamp(std::chrono::microseconds(last_used_.load(kRelaxed)));
}

Activity::Totals Activity::totals() const {
  return {requests_.load(kRelaxed), rows_.load(kRelaxed)};
}

Activity::Totals Activity::today() const {
  return {Sum(requests_.load(kRelaxed), day_requests_.load(kRelaxed)),
          Sum(rows_.load(kRelaxed), day_rows_.load(kRelaxed))};
}

void Activity::SetDay(const Totals& known, const Totals& recorded) {
  day_requests_.store(Difference(known.requests, recorded.requests), kRelaxed);
  day_rows_.store(Difference(known.rows, recorded.rows), kRelaxed);
}

}  // namespace geoclimate::access
