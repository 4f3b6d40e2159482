#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/cache/memory_tier.h"
#include "geoclimate/inference/cache_payoff.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::cache {
class RedisTier;
class TieredCache;
}  // namespace geoclimate::cache

namespace geoclimate::inference {

class ModelCache;
class SharedPredictions;

struct PredictionCacheOptions {
  cache::MemoryTierOptions memory;
  // 0: a row is found when it is the same to the bit. Above: rows of which each value differs by
  // less than about this share of itself (0.001: a thousandth) count as the same, and the answer to
  // the first of them is given to the others. Values are rounded to a power of two for that, so two
  // rows may be closer and still be two. Larger finds more and is further off.
  double quantum = 0;

  base::Result<void> Validate() const;
};

// Which numbers an answer holds; a part of the key.
enum class AnswerParts : std::uint32_t {
  kOutputs = 0,
  kOutputsAndInterval = 1,
  kAllColumns = 2,  // as AnswerRows() gives them
};

// Answers to rows that were asked before. The key is the model in memory (LoadedModel::identity(),
// which no other load has, so that nothing of another version or of a reload is ever found), the
// parts of the answer, and the bits of the row, compared whole: every NaN is the same missing
// value, 0 and -0 are two values, for a model may tell them apart. Whether looking up pays is
// measured and decided for each model (CachePayoff).
//
// Behind memory there may be a tier that processes share, of which rows that are costly to compute
// are asked (SharedPredictions): never by who looks into memory only, never with a wait.
//
// Thread-safe. What the constructor is given must outlive it; it must outlive its ModelCaches, and
// the metrics are not rendered any more when it goes.
class PredictionCache {
 public:
  // Metrics, all with cache="prediction", tier="memory": cache_hits_total, cache_misses_total,
  // cache_bypassed_total, cache_saved_cpu_seconds_total, cache_spent_cpu_seconds_total,
  // cache_net_saved_cpu_seconds, cache_active by model; cache_evictions_total, cache_entries,
  // cache_bytes of all. `options` must be valid.
  PredictionCache(const PredictionCacheOptions& options, const base::Clock& clock,
                  telemetry::MetricRegistry& metrics);
  ~PredictionCache();
  PredictionCache(const PredictionCache&) = delete;
  PredictionCache& operator=(const PredictionCache&) = delete;

  // Before the first model: `tier` is asked for what memory does not have. It is destroyed before
  // the cache, and after all who ask.
  void Share(cache::RedisTier& tier);

  // The part of a model that has just been loaded.
  std::shared_ptr<ModelCache> Attach(const LoadedModel& model) EXCLUDES(mutex_);

  // Nothing that was answered until now is found any more: not in memory, and not in a shared tier
  // by any process of this generation.
  void Clear(std::uint64_t generation);
  // Of this process alone.
  void Clear();

  // Scores the rows that are asked for most of other versions of `target`'s model, those that take
  // the same features, by `target`, so that a new version does not start cold; at most `most_rows`,
  // and no new one after `most_time`. `score` is the model's own. Returns how many were scored. For
  // a background thread.
  using Score = std::function<base::Result<void>(AnswerParts parts, std::span<const float> row,
                                                 std::span<float> values)>;
  std::size_t Warm(ModelCache& target, std::size_t most_rows, std::chrono::nanoseconds most_time,
                   const Score& score) EXCLUDES(mutex_);

  // The two sides of a warm start by the shared tier, for a background thread; nothing without one.
  // Marks there, for processes that start, which rows are asked for most: at most `most` a model.
  void MarkMostUsed(std::size_t most) EXCLUDES(mutex_);
  // Brings what is marked, at most `most` rows a model, into memory, for models that were attached
  // since the last call; how many rows. Errors: the tier's; the rest is tried again next time.
  base::Result<std::size_t> FetchMostUsed(std::size_t most, base::Deadline deadline)
      EXCLUDES(mutex_);

  cache::MemoryTier::Statistics statistics() const { return memory_.statistics(); }
  // Null when there is none.
  const cache::RedisTier* shared() const;
  const PredictionCacheOptions& options() const { return options_; }

 private:
  friend class ModelCache;

  const PredictionCacheOptions options_;
  const base::Clock& clock_;
  telemetry::MetricRegistry& metrics_;
  const std::unique_ptr<cache::TieredCache> tiers_;
  cache::MemoryTier& memory_;       // of tiers_
  std::uint32_t dropped_bits_ = 0;  // of each value's mantissa
  base::Mutex mutex_;
  std::vector<std::weak_ptr<ModelCache>> models_ GUARDED_BY(mutex_);
};

// What PredictionCache keeps for one model in memory. Thread-safe; allocates nothing once made.
class ModelCache {
 public:
  // Rows with more values, and answers of more numbers, are computed every time.
  static constexpr std::size_t kMostColumns = 1000;
  static constexpr std::size_t kMostValues = 64;

  enum class Source : std::uint8_t { kComputed, kCached };

  // Fills `values`, the numbers of an answer in the order of `parts`, from memory or by `compute`,
  // which returns Result<void>. What fails is not kept. `now` is the present of the clock.
  template <typename Compute>
  base::Result<Source> Answer(AnswerParts parts, std::span<const float> row, base::Instant now,
                              std::span<float> values, const Compute& compute);

  // The same for rows that come together: `found` gets a flag a row, and the answers of those found
  // stand in `values`, row-major, as many numbers a row as there is space for. Keep() is told all
  // answers when the others are computed. False when nothing is to be looked up: then there is
  // nothing to keep. From one to kMostRows rows.
  static constexpr std::size_t kMostRows = 64;
  struct Batch {
    CachePayoff::Turn turn;
    std::array<cache::MemoryTier::Place, kMostRows> places;
    std::array<bool, kMostRows> looked_up;
    std::array<bool, kMostRows> found;
    std::uint32_t hits = 0;
    std::uint32_t misses = 0;
    base::Instant began;
    base::Instant searched;
  };
  bool Find(Batch& batch, AnswerParts parts, std::span<const float> rows, std::size_t count,
            base::Instant now, std::span<float> values);
  // What passed since Find() is taken for the time of computing.
  void Keep(const Batch& batch, AnswerParts parts, std::span<const float> rows, std::size_t count,
            base::Instant now, std::span<const float> values);

  // The shared tier, for rows that memory does not have and that take `cost` to compute, together.
  // Whether they are to be asked for there: then the generation that they are asked for and kept
  // under.
  std::optional<std::uint64_t> AsksShared(AnswerParts parts, std::span<const float> rows,
                                          std::size_t count, std::chrono::nanoseconds cost,
                                          base::Instant now);
  struct SharedRows {
    std::uint64_t generation = 0;
    AnswerParts parts = AnswerParts::kAllColumns;
    std::span<const float> rows;  // all of them
    std::size_t count = 0;
    std::size_t width = 0;             // numbers of an answer
    const Batch* looked_up = nullptr;  // Find()'s; null: it looked nothing up
  };
  using SharedDone = std::function<void(std::span<const std::string> values)>;
  // Asks for those of the rows that were not found. `done` is called once, by a thread of the tier
  // or before this returns: with the bytes of their answers, in order, which are in memory then, or
  // with nothing when not all were found. What this is given may be gone by then.
  void FindShared(const SharedRows& rows, std::chrono::nanoseconds cost, base::Deadline deadline,
                  SharedDone done);
  // Sends all answers there; never waits.
  void KeepShared(const SharedRows& rows, std::span<const float> values);
  // Computing begins now and not when memory had been searched.
  void Restart(Batch& batch) const;

  const CachePayoff& single_rows() const { return single_rows_; }
  const CachePayoff& batches() const { return batches_; }

 private:
  friend class PredictionCache;

  struct KeyHead {
    std::uint64_t model = 0;
    AnswerParts parts = AnswerParts::kOutputs;
    std::uint32_t unused = 0;
  };
  // The bytes of a key on the stack.
  class RowKey {
   public:
    // On purpose without values: Fill() writes what bytes() gives.
    RowKey() {}  // NOLINT(cppcoreguidelines-pro-type-member-init,modernize-use-equals-default)
    void Fill(const ModelCache& cache, AnswerParts parts, std::span<const float> row);
    std::string_view bytes() const { return {reinterpret_cast<const char*>(words_.data()), size_}; }

   private:
    std::array<std::uint32_t, sizeof(KeyHead) / 4 + kMostColumns> words_;
    std::size_t size_ = 0;
  };
  // One row on its way.
  struct Attempt {
    RowKey key;
    CachePayoff::Turn turn;
    bool looked_up = false;
    cache::MemoryTier::Place place;
    base::Instant searched_at;
    CachePayoff::Costs costs;
  };

  ModelCache(PredictionCache& cache, const LoadedModel& model);
  bool Cacheable(std::size_t columns, std::size_t values) const {
    return columns <= kMostColumns && values <= kMostValues;
  }
  bool Find(Attempt& attempt, AnswerParts parts, std::span<const float> row, base::Instant now,
            std::span<float> values);
  void Keep(Attempt& attempt, base::Instant now, std::span<const float> values);

  // The rest of a key after what only this process knows.
  static std::string_view SharedRest(const RowKey& key) {
    return key.bytes().substr(sizeof(KeyHead::model));
  }
  std::size_t WidthOf(AnswerParts parts) const;

  PredictionCache& cache_;
  const std::uint64_t identity_;
  const std::string model_name_;
  const std::string fingerprint_;
  const std::size_t columns_;
  const std::size_t outputs_;
  const std::size_t all_columns_;  // as AnswerRows() gives them
  telemetry::Counter hits_;
  telemetry::Counter misses_;
  telemetry::Counter bypassed_;
  CachePayoff single_rows_;
  CachePayoff batches_;
  const std::shared_ptr<SharedPredictions> shared_;  // null: there is no shared tier
  std::atomic<bool> asked_{false};                   // its rows have been worth asking for
  std::atomic<bool> fetched_{false};
};

template <typename Compute>
base::Result<ModelCache::Source> ModelCache::Answer(AnswerParts parts, std::span<const float> row,
                                                    base::Instant now, std::span<float> values,
                                                    const Compute& compute) {
  Attempt attempt;
  if (Find(attempt, parts, row, now, values)) return Source::kCached;
  GC_RETURN_IF_ERROR(compute());
  if (attempt.looked_up) Keep(attempt, now, values);
  return Source::kComputed;
}

}  // namespace geoclimate::inference
