#include "geoclimate/service/traffic_split.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/digest.h"

namespace geoclimate::service {
namespace {

// Two ratios that differ by chance do so by more than this many standard errors once in 700 times.
constexpr double kBeyondChance = 3;
// Differences of less are of no concern to a caller, and often of the machine's own making.
constexpr std::chrono::microseconds kLeastLatencyIncrease{100};

double Milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

base::Result<void> CanaryOptions::Validate() const {
  if (min_requests == 0) return base::InvalidArgument("min_requests must be at least 1");
  if (!(max_error_increase >= 0 && max_error_increase <= 1)) {
    return base::InvalidArgument("max_error_increase must be from 0 to 1");
  }
  if (!(max_latency_ratio >= 1)) {
    return base::InvalidArgument("max_latency_ratio must be at least 1");
  }
  return {};
}

void ArmStats::Count(Outcome outcome) {
  requests_.fetch_add(1, std::memory_order_relaxed);
  if (outcome == Outcome::kFailed) failed_.fetch_add(1, std::memory_order_relaxed);
}

double ArmStats::error_ratio() const {
  const std::uint64_t all = requests();
  return all == 0 ? 0 : static_cast<double>(failed()) / static_cast<double>(all);
}

void ArmStats::Observe(std::chrono::nanoseconds row_time) {
  const double log = std::log2(static_cast<double>(std::max(row_time.count(), std::int64_t{1})));
  const auto bucket = static_cast<std::size_t>(log * 4);
  latencies_[std::min(bucket, kBuckets - 1)].fetch_add(1, std::memory_order_relaxed);
}

std::chrono::nanoseconds ArmStats::LatencyAt(double quantile) const {
  std::array<std::uint64_t, kBuckets> counts;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    counts[i] = latencies_[i].load(std::memory_order_relaxed);
    all += counts[i];
  }
  const auto wanted = static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(all)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts[i];
    if (seen < wanted || seen == 0) continue;
    const double upper = std::exp2(static_cast<double>(i + 1) / 4);
    return std::chrono::nanoseconds(std::llround(upper));
  }
  return std::chrono::nanoseconds(0);
}

TrafficSplit::TrafficSplit(std::string canary, double share)
    : canary_(std::move(canary)), share_(share) {}

TrafficSplit::Arm TrafficSplit::ArmOf(std::string_view key) const {
  // Two mixed hashes, so that the order of keys is another one for each canary.
  const std::uint64_t mixed = formats::Xxh3(key) ^ std::rotl(formats::Xxh3(canary_), 17);
  const std::uint64_t place = formats::Xxh3({reinterpret_cast<const char*>(&mixed), sizeof mixed});
  // 53 bits are a double's own.
  const double at = static_cast<double>(place >> 11U) * 0x1p-53;
  return at < share_ ? Arm::kCanary : Arm::kProduction;
}

std::optional<std::string> TrafficSplit::Verdict(const CanaryOptions& options) const {
  if (stats(Arm::kCanary).requests() < options.min_requests) return std::nullopt;
  if (auto verdict = ErrorVerdict(options)) return verdict;
  return LatencyVerdict(options);
}

std::optional<std::string> TrafficSplit::ErrorVerdict(const CanaryOptions& options) const {
  const ArmStats& canary = stats(Arm::kCanary);
  const ArmStats& production = stats(Arm::kProduction);
  const double increase = canary.error_ratio() - production.error_ratio();
  if (increase <= options.max_error_increase) return std::nullopt;
  // Of two proportions, pooled.
  const auto n = static_cast<double>(canary.requests());
  const auto m = static_cast<double>(production.requests());
  const double pooled =
      static_cast<double>(canary.failed() + production.failed()) / std::max(n + m, 1.0);
  const double error = std::sqrt(pooled * (1 - pooled) * (1 / n + 1 / std::max(m, 1.0)));
  // With everything failing in both, or nothing known of production, there is no error to compare.
  if (m >= 1 && increase <= kBeyondChance * error) return std::nullopt;
  return fmt::format("{:.1f} % of {} requests failed, {:.1f} % of production's {}",
                     100 * canary.error_ratio(), canary.requests(), 100 * production.error_ratio(),
                     production.requests());
}

std::optional<std::string> TrafficSplit::LatencyVerdict(const CanaryOptions& options) const {
  constexpr double kQuantile = 0.95;
  if (stats(Arm::kProduction).requests() < options.min_requests) return std::nullopt;
  const auto canary = stats(Arm::kCanary).LatencyAt(kQuantile);
  const auto production = stats(Arm::kProduction).LatencyAt(kQuantile);
  const double bound = options.max_latency_ratio * static_cast<double>(production.count());
  if (static_cast<double>(canary.count()) <= bound) return std::nullopt;
  if (canary - production < kLeastLatencyIncrease) return std::nullopt;
  return fmt::format("a row takes {:.3f} ms at the 95th percentile, in production {:.3f} ms",
                     Milliseconds(canary), Milliseconds(production));
}

std::string_view ArmName(TrafficSplit::Arm arm) {
  return arm == TrafficSplit::Arm::kCanary ? "canary" : "production";
}

}  // namespace geoclimate::service
