#include "geoclimate/inference/prediction_cache.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/cache/tiered_cache.h"
#include "geoclimate/inference/row_answers.h"
#include "geoclimate/inference/shared_predictions.h"

namespace geoclimate::inference {
namespace {

constexpr int kMantissaBits = 23;  // of a float

std::uint32_t DroppedBits(double quantum) {
  if (quantum <= 0) return 0;
  const int kept = std::clamp(static_cast<int>(std::ceil(-std::log2(quantum))), 0, kMantissaBits);
  return static_cast<std::uint32_t>(kMantissaBits - kept);
}

// Rounded to the nearest with `dropped` bits less of the mantissa.
std::uint32_t Rounded(std::uint32_t bits, std::uint32_t dropped) {
  const std::uint32_t step = std::uint32_t{1} << dropped;
  return (bits + step / 2) & ~(step - 1);
}

std::span<char> BytesOf(std::span<float> values) {
  return {reinterpret_cast<char*>(values.data()), values.size_bytes()};
}

std::string_view BytesOf(std::span<const float> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

double Nanoseconds(base::Instant from, base::Instant to) {
  return std::chrono::duration<double, std::nano>(to - from).count();
}

telemetry::Counter Counter(telemetry::MetricRegistry& metrics, std::string_view name,
                           std::string_view help, std::string_view model) {
  return metrics.AddCounter(name, help,
                            {{"cache", "prediction"}, {"tier", "memory"}, {"model", model}});
}

CachePayoff::Metrics PayoffMetrics(telemetry::MetricRegistry& metrics,
                                   const model::ModelDescription& model, std::string_view rows) {
  const std::string version = fmt::format("v{}", model.version);
  const auto sum = [&](std::string_view name, std::string_view help) {
    return metrics.AddFloatCounter(
        name, help, {{"cache", "prediction"}, {"tier", "memory"}, {"model", model.model_name}});
  };
  const auto gauge = [&](std::string_view name, std::string_view help) {
    return metrics.AddGauge(name, help,
                            {{"cache", "prediction"},
                             {"tier", "memory"},
                             {"model", model.model_name},
                             {"version", version},
                             {"rows", rows}});
  };
  return {
      .saved_seconds = sum("cache_saved_cpu_seconds_total", "CPU time that hits saved"),
      .spent_seconds = sum("cache_spent_cpu_seconds_total",
                           "CPU time spent on misses, and on hits that cost more than they saved"),
      .net_seconds = gauge("cache_net_saved_cpu_seconds",
                           "CPU time saved less CPU time spent; below 0 it does harm"),
      .active = gauge("cache_active", "1 while rows are looked up, 0 while it does not pay")};
}

}  // namespace

base::Result<void> PredictionCacheOptions::Validate() const {
  if (!(quantum >= 0 && quantum <= 0.1)) {
    return base::InvalidArgument("quantum must be from 0 to 0.1");
  }
  return memory.Validate();
}

PredictionCache::PredictionCache(const PredictionCacheOptions& options, const base::Clock& clock,
                                 telemetry::MetricRegistry& metrics)
    : options_(options),
      clock_(clock),
      metrics_(metrics),
      tiers_(std::make_unique<cache::TieredCache>(options.memory, clock)),
      memory_(tiers_->memory()),
      dropped_bits_(DroppedBits(options.quantum)) {
  using Kind = telemetry::MetricRegistry::ReadKind;
  using Statistics = cache::MemoryTier::Statistics;
  const auto read = [&](Kind kind, std::string_view name, std::string_view help,
                        std::uint64_t Statistics::* what) {
    metrics.AddReader(kind, name, help, {{"cache", "prediction"}, {"tier", "memory"}},
                      [this, what] { return static_cast<double>(memory_.statistics().*what); });
  };
  read(Kind::kCounter, "cache_evictions_total", "Entries thrown out to make room",
       &Statistics::evictions);
  read(Kind::kCounter, "cache_expirations_total", "Entries found after their time was up",
       &Statistics::expirations);
  read(Kind::kGauge, "cache_entries", "Entries that can be found", &Statistics::entries);
  read(Kind::kGauge, "cache_bytes", "Bytes of these entries", &Statistics::bytes);
}

PredictionCache::~PredictionCache() = default;

std::shared_ptr<ModelCache> PredictionCache::Attach(const LoadedModel& model) {
  std::shared_ptr<ModelCache> attached(new ModelCache(*this, model));
  const base::MutexLock lock(mutex_);
  std::erase_if(models_, [](const auto& one) { return one.expired(); });
  models_.push_back(attached);
  return attached;
}

std::size_t PredictionCache::Warm(ModelCache& target, std::size_t most_rows,
                                  std::chrono::nanoseconds most_time, const Score& score) {
  std::vector<std::uint64_t> others;
  {
    const base::MutexLock lock(mutex_);
    for (const auto& one : models_) {
      const auto model = one.lock();
      if (model != nullptr && model.get() != &target && model->model_name_ == target.model_name_ &&
          model->fingerprint_ == target.fingerprint_ && model->outputs_ == target.outputs_) {
        others.push_back(model->identity_);
      }
    }
  }
  if (others.empty() || most_rows == 0) return 0;
  const base::Deadline deadline = base::Deadline::After(clock_, most_time);
  const std::vector<std::string> keys =
      memory_.HottestKeys(most_rows, [&others](std::string_view key) {
        ModelCache::KeyHead head;
        std::memcpy(&head, key.data(), sizeof(head));
        return std::find(others.begin(), others.end(), head.model) != others.end();
      });
  std::size_t scored = 0;
  std::vector<float> row(target.columns_);
  std::vector<float> values;
  for (const std::string& key : keys) {
    const base::Instant now = clock_.MonotonicNow();
    if (now >= deadline.at()) break;
    ModelCache::KeyHead head;
    std::memcpy(&head, key.data(), sizeof(head));
    if (key.size() != sizeof(head) + row.size() * sizeof(float)) continue;
    std::memcpy(row.data(), key.data() + sizeof(head), key.size() - sizeof(head));
    values.resize(target.outputs_ + (head.parts == AnswerParts::kOutputsAndInterval ? 2 : 0));
    if (!score(head.parts, row, values).ok()) continue;
    ModelCache::RowKey renewed;
    renewed.Fill(target, head.parts, row);
    const auto found = memory_.Find(renewed.bytes(), now, {});
    memory_.Insert(found.place, renewed.bytes(), BytesOf(std::span<const float>(values)), now);
    ++scored;
  }
  return scored;
}

void ModelCache::RowKey::Fill(const ModelCache& cache, AnswerParts parts,
                              std::span<const float> row) {
  constexpr std::uint32_t kMissing = 0x7FC0'0000;
  const KeyHead head{.model = cache.identity_, .parts = parts};
  std::memcpy(words_.data(), &head, sizeof(head));
  std::uint32_t* const to = words_.data() + sizeof(head) / sizeof(std::uint32_t);
  const std::uint32_t dropped = cache.cache_.dropped_bits_;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(row[i]);
    to[i] = std::isnan(row[i]) ? kMissing : Rounded(bits, dropped);
  }
  size_ = sizeof(head) + row.size_bytes();
}

ModelCache::ModelCache(PredictionCache& cache, const LoadedModel& model)
    : cache_(cache),
      identity_(model.identity()),
      model_name_(model.description().model_name),
      fingerprint_(model.schema().fingerprint()),
      columns_(model.schema().size()),
      outputs_(model.outputs()),
      all_columns_(AnswerColumns(model)),
      hits_(Counter(cache.metrics_, "cache_hits_total", "Look-ups that found an answer",
                    model_name_)),
      misses_(
          Counter(cache.metrics_, "cache_misses_total", "Look-ups that found none", model_name_)),
      bypassed_(Counter(cache.metrics_, "cache_bypassed_total",
                        "Rows that were not looked up, as it does not pay or they are too wide",
                        model_name_)),
      single_rows_(PayoffMetrics(cache.metrics_, model.description(), "single")),
      batches_(PayoffMetrics(cache.metrics_, model.description(), "batch")),
      shared_(SharedPredictions::Of(model, cache.dropped_bits_, *cache.tiers_, cache.metrics_,
                                    cache.clock_)) {}

bool ModelCache::Find(Attempt& attempt, AnswerParts parts, std::span<const float> row,
                      base::Instant now, std::span<float> values) {
  using Rows = CachePayoff::Turn::Rows;
  attempt.turn = single_rows_.Begin(now);
  if (attempt.turn.rows == Rows::kNone || !Cacheable(row.size(), values.size())) {
    bypassed_.Add();
    return false;
  }
  const base::Clock& clock = cache_.clock_;
  const base::Instant start = attempt.turn.timed ? clock.MonotonicNow() : now;
  attempt.key.Fill(*this, parts, row);
  const auto hash = cache_.memory_.HashOf(attempt.key.bytes());
  if (!attempt.turn.Includes(hash.low)) {
    bypassed_.Add();
    return false;
  }
  attempt.looked_up = true;
  const auto found = cache_.memory_.Find(hash, attempt.key.bytes(), now, BytesOf(values));
  attempt.place = found.place;
  if (attempt.turn.timed) {
    attempt.searched_at = clock.MonotonicNow();
    attempt.costs.look_up = Nanoseconds(start, attempt.searched_at);
  }
  if (found.value_bytes != values.size_bytes()) {
    misses_.Add();
    return false;
  }
  hits_.Add();
  single_rows_.Record(1, 0, attempt.costs, now);
  return true;
}

void ModelCache::Keep(Attempt& attempt, base::Instant now, std::span<const float> values) {
  base::Instant computed_at;
  if (attempt.turn.timed) {
    computed_at = cache_.clock_.MonotonicNow();
    attempt.costs.compute = Nanoseconds(attempt.searched_at, computed_at);
  }
  cache_.memory_.Insert(attempt.place, attempt.key.bytes(), BytesOf(values), now);
  if (attempt.turn.timed) {
    attempt.costs.insertion = Nanoseconds(computed_at, cache_.clock_.MonotonicNow());
  }
  single_rows_.Record(0, 1, attempt.costs, now);
}

bool ModelCache::Find(Batch& batch, AnswerParts parts, std::span<const float> rows,
                      std::size_t count, base::Instant now, std::span<float> values) {
  using Rows = CachePayoff::Turn::Rows;
  batch.turn = batches_.Begin(now);
  batch.hits = 0;
  batch.misses = 0;
  const std::size_t width = values.size() / count;
  if (batch.turn.rows == Rows::kNone || !Cacheable(columns_, width)) {
    bypassed_.Add(count);
    return false;
  }
  batch.began = cache_.clock_.MonotonicNow();
  RowKey key;
  for (std::size_t i = 0; i < count; ++i) {
    batch.found[i] = false;
    key.Fill(*this, parts, rows.subspan(i * columns_, columns_));
    const auto hash = cache_.memory_.HashOf(key.bytes());
    batch.looked_up[i] = batch.turn.Includes(hash.low);
    if (!batch.looked_up[i]) continue;
    const std::span<float> space = values.subspan(i * width, width);
    const auto found = cache_.memory_.Find(hash, key.bytes(), now, BytesOf(space));
    batch.places[i] = found.place;
    batch.found[i] = found.value_bytes == space.size_bytes();
    ++(batch.found[i] ? batch.hits : batch.misses);
  }
  hits_.Add(batch.hits);
  misses_.Add(batch.misses);
  bypassed_.Add(count - batch.hits - batch.misses);
  batch.searched = cache_.clock_.MonotonicNow();
  return batch.hits + batch.misses > 0;
}

void ModelCache::Keep(const Batch& batch, AnswerParts parts, std::span<const float> rows,
                      std::size_t count, base::Instant now, std::span<const float> values) {
  const std::size_t width = values.size() / count;
  const base::Instant start = cache_.clock_.MonotonicNow();
  RowKey key;
  for (std::size_t i = 0; i < count; ++i) {
    if (!batch.looked_up[i] || batch.found[i]) continue;
    key.Fill(*this, parts, rows.subspan(i * columns_, columns_));
    cache_.memory_.Insert(batch.places[i], key.bytes(), BytesOf(values.subspan(i * width, width)),
                          now);
  }
  CachePayoff::Costs costs;
  // In a probe most of the time went to the hashes of rows that were not looked up.
  if (batch.turn.rows == CachePayoff::Turn::Rows::kAll) {
    costs.look_up = Nanoseconds(batch.began, batch.searched) / static_cast<double>(count);
  }
  const auto computed = static_cast<double>(count - batch.hits);
  if (computed > 0) {
    costs.compute = Nanoseconds(batch.searched, start) / computed;
  }
  if (batch.misses > 0) {
    costs.insertion = Nanoseconds(start, cache_.clock_.MonotonicNow()) / batch.misses;
  }
  batches_.Record(batch.hits, batch.misses, costs, now);
}

}  // namespace geoclimate::inference
