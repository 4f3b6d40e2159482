#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "geoclimate/base/mutex.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::telemetry {

// One thread's part of every metric: cells in chunks, made when the thread first writes to them.
// Only that thread writes, so that an add is a plain load and store; scrapes read at any time.
class MetricShard {
 public:
  static constexpr std::size_t kChunkCells = 1024;
  static constexpr std::size_t kMaxChunks = 256;

  MetricShard() = default;
  ~MetricShard();
  MetricShard(const MetricShard&) = delete;
  MetricShard& operator=(const MetricShard&) = delete;

  std::atomic<std::uint64_t>& Cell(std::uint32_t cell);
  // Zero for a cell that was never written.
  std::uint64_t Read(std::uint32_t cell) const;

 private:
  using Chunk = std::array<std::atomic<std::uint64_t>, kChunkCells>;
  std::array<std::atomic<Chunk*>, kMaxChunks> chunks_{};
};

enum class MetricKind {
  kCounter,
  kFloatCounter,
  kLevel,
  kGauge,
  kHistogram,
  kReadGauge,
  kReadCounter
};

// One metric of a family: the labels, and where its value is.
struct MetricSeries {
  std::string labels;      // rendered, `method="GET",status="200"`
  std::uint32_t cell = 0;  // the first of its cells; a histogram's are its buckets, +Inf, the sum
  std::atomic<double>* gauge = nullptr;
  std::function<double()> read;
};

struct MetricFamily {
  std::string name;
  std::string help;
  MetricKind kind;
  std::span<const double> bounds;
  std::list<MetricSeries> series;
  std::map<std::string, MetricSeries*, std::less<>> by_labels;
};

// What the registry's handles point to.
class MetricState {
 public:
  MetricState();

  // The calling thread's cell.
  std::atomic<std::uint64_t>& Cell(std::uint32_t cell) {
    if (current_thread.registry == id_) return current_thread.shard->Cell(cell);
    return EnterThread().Cell(cell);
  }

  // Where the value of a series is.
  struct Place {
    std::uint32_t cell = 0;
    std::atomic<double>* gauge = nullptr;
  };
  // The series of that name and labels, made when it is new.
  Place Find(MetricKind kind, std::string_view name, std::string_view help,
             std::span<const double> bounds, Labels labels) EXCLUDES(mutex_);
  void FindReader(MetricRegistry::ReadKind kind, std::string_view name, std::string_view help,
                  Labels labels, std::function<double()> read) EXCLUDES(mutex_);

  void Remove(Labels labels) EXCLUDES(mutex_);

  void Render(Exposition exposition, std::string& out) const EXCLUDES(mutex_);

 private:
  struct ThreadShard {
    std::uint64_t registry = 0;
    MetricShard* shard = nullptr;
  };
  static thread_local constinit ThreadShard current_thread;

  MetricSeries& FindLocked(MetricKind kind, std::string_view name, std::string_view help,
                           std::span<const double> bounds, Labels labels) REQUIRES(mutex_);
  MetricShard& EnterThread() EXCLUDES(mutex_);
  std::uint32_t TakeCells(std::uint32_t count) REQUIRES(mutex_);
  std::uint64_t Sum(std::uint32_t cell) const REQUIRES(mutex_);
  double FloatSum(std::uint32_t cell) const REQUIRES(mutex_);
  void RenderFamily(const MetricFamily& family, Exposition exposition, std::string& out) const
      REQUIRES(mutex_);
  void RenderHistogram(const MetricFamily& family, const MetricSeries& series,
                       std::string& out) const REQUIRES(mutex_);

  const std::uint64_t id_;
  mutable base::Mutex mutex_;
  // A thread's identity is given to another one after its end, which then goes on with its shard.
  std::map<std::thread::id, std::unique_ptr<MetricShard>> shards_ GUARDED_BY(mutex_);
  std::deque<MetricFamily> families_ GUARDED_BY(mutex_);
  std::map<std::string, MetricFamily*, std::less<>> by_name_ GUARDED_BY(mutex_);
  std::deque<std::atomic<double>> gauges_ GUARDED_BY(mutex_);
  std::uint32_t next_cell_ GUARDED_BY(mutex_) = 0;
};

}  // namespace geoclimate::telemetry
