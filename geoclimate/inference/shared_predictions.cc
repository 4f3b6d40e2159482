#include "geoclimate/inference/shared_predictions.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace geoclimate::inference {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Of what keys and values mean. A program whose scores differ from its predecessor's for the same
// artifact and row takes the next one.
constexpr int kKeyFormat = 1;

telemetry::Counter Counter(telemetry::MetricRegistry& metrics, std::string_view name,
                           std::string_view help, std::string_view model) {
  return metrics.AddCounter(name, help,
                            {{"cache", "prediction"}, {"tier", "redis"}, {"model", model}});
}

CachePayoff::Metrics PayoffMetrics(telemetry::MetricRegistry& metrics,
                                   const model::ModelDescription& model) {
  const auto sum = [&](std::string_view name, std::string_view help) {
    return metrics.AddFloatCounter(
        name, help, {{"cache", "prediction"}, {"tier", "redis"}, {"model", model.model_name}});
  };
  CachePayoff::Metrics made;
  made.saved_seconds = sum("cache_saved_wait_seconds_total", "Time that hits spared their callers");
  made.spent_seconds =
      sum("cache_spent_wait_seconds_total", "Time that callers waited for what was not found");
  // The name, the help and the labels are those of the first tier.
  made.active =
      metrics.AddGauge("cache_active", "1 while rows are looked up, 0 while it does not pay",
                       {{"cache", "prediction"},
                        {"tier", "redis"},
                        {"model", model.model_name},
                        {"version", fmt::format("v{}", model.version)},
                        {"rows", "any"}});
  return made;
}

}  // namespace

std::shared_ptr<SharedPredictions> SharedPredictions::Of(const LoadedModel& model,
                                                         std::uint32_t dropped_bits,
                                                         cache::TieredCache& cache,
                                                         telemetry::MetricRegistry& metrics,
                                                         const base::Clock& clock) {
  if (cache.shared() == nullptr || model.description().sha256.empty()) return nullptr;
  return std::shared_ptr<SharedPredictions>(
      new SharedPredictions(model, dropped_bits, cache, metrics, clock));
}

SharedPredictions::SharedPredictions(const LoadedModel& model, std::uint32_t dropped_bits,
                                     cache::TieredCache& cache, telemetry::MetricRegistry& metrics,
                                     const base::Clock& clock)
    : cache_(cache),
      clock_(clock),
      artifact_(fmt::format("{}:{}", model.description().sha256, dropped_bits)),
      hits_(Counter(metrics, "cache_hits_total", "Look-ups that found an answer",
                    model.description().model_name)),
      misses_(Counter(metrics, "cache_misses_total", "Look-ups that found none",
                      model.description().model_name)),
      payoff_(PayoffMetrics(metrics, model.description())) {}

bool SharedPredictions::Worth(nanoseconds cost) const {
  const auto round_trip = cache_.shared()->round_trip();
  return round_trip.has_value() && cost >= kWorthRoundTrips * *round_trip;
}

std::optional<std::uint64_t> SharedPredictions::Asks(nanoseconds cost, std::uint64_t hash,
                                                     base::Instant now) {
  if (!Worth(cost) || !cache_.shared()->available()) return {};
  const CachePayoff::Turn turn = payoff_.Begin(now);
  if (turn.rows == CachePayoff::Turn::Rows::kNone || !turn.Includes(hash)) return {};
  return cache_.generation();
}

std::string SharedPredictions::KeyOf(std::uint64_t generation, std::string_view rest) const {
  std::string key = fmt::format("geoclimate:p{}:{}:{}:", kKeyFormat, generation, artifact_);
  return key += rest;
}

milliseconds SharedPredictions::LeaseFor(nanoseconds cost, std::size_t rows) const {
  const auto round_trip = cache_.shared()->round_trip();
  if (rows != 1 || !round_trip || cost < kLeaseRoundTrips * *round_trip) return milliseconds(0);
  // Longer than computing takes on a busy machine; what is left of it hurts nobody, as who waits
  // gives up at his own time-out.
  constexpr int kBusy = 4;
  return std::clamp(std::chrono::ceil<milliseconds>(kBusy * cost), milliseconds(5),
                    milliseconds(10'000));
}

void SharedPredictions::Find(std::vector<cache::TieredCache::Wanted> wanted, nanoseconds cost,
                             base::Deadline deadline, cache::TieredCache::Done done) {
  const milliseconds lease = LeaseFor(cost, wanted.size());
  const base::Instant asked_at = clock_.MonotonicNow();
  const auto rows = static_cast<std::uint32_t>(wanted.size());
  cache_.FindShared(std::move(wanted), deadline, lease,
                    [self = shared_from_this(), cost, asked_at, rows,
                     done = std::move(done)](std::span<const std::string> values) {
                      const base::Instant now = self->clock_.MonotonicNow();
                      const bool hit = !values.empty();
                      (hit ? self->hits_ : self->misses_).Add(rows);
                      self->payoff_.Record(
                          hit ? 1 : 0, hit ? 0 : 1,
                          {.look_up = static_cast<double>((now - asked_at).count()),
                           .compute = static_cast<double>(cost.count()),
                           .insertion = std::nullopt},
                          now);
                      done(values);
                    });
}

std::string SharedPredictions::UsedSet() const {
  return fmt::format("geoclimate:u{}:{}", kKeyFormat, artifact_);
}

void SharedPredictions::MarkUsed(std::span<const std::string> rests, std::size_t most) {
  cache_.shared()->MarkUsed(UsedSet(), rests, most);
}

base::Result<std::vector<std::string>> SharedPredictions::MostUsed(std::size_t most,
                                                                   base::Deadline deadline) {
  return cache_.shared()->MostUsed(UsedSet(), most, deadline);
}

}  // namespace geoclimate::inference
