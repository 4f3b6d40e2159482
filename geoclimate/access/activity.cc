#include "geoclimate/access/activity.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include <fmt/format.h>

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

std::shared_ptr<LeasedBucket> BucketOf(std::string_view id, const ActivityLimits& limits,
                                       const base::Clock& clock) {
  if (!limits.rate) return nullptr;
  return std::make_shared<LeasedBucket>(fmt::format("geoclimate:rate:{}:{}", limits.kind, id),
                                        limits.rate->BucketOf(limits.requests_per_minute),
                                        limits.rate->leases, clock);
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
      bucket_(BucketOf(id_, limits, clock)) {}

bool Activity::TakeRequest() {
  requests_.fetch_add(1, kRelaxed);
  return bucket_ == nullptr || bucket_->TryTake();
}

bool Activity::CountRows(std::size_t rows) {
  const std::uint64_t before = rows_.fetch_add(rows, kRelaxed);
  if (daily_rows_ > 0 && Sum(before + rows, day_rows_.load(kRelaxed)) > daily_rows_) {
    rows_.fetch_sub(rows, kRelaxed);
    return false;
  }
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (bucket_ != nullptr && rows > 1)
    bucket_->Charge(static_cast<std::uint32_t>(std::min(rows - 1, kMost)));
  return true;
}

Standing Activity::standing() const {
  return bucket_ != nullptr ? bucket_->standing(per_minute_) : Standing();
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
