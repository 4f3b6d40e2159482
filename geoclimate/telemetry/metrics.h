#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace geoclimate::telemetry {

class MetricState;

// A label of a metric: name and value. Names are literals of [a-z_]; values are any UTF-8.
struct Label {
  std::string_view name;
  std::string_view value;
};
using Labels = std::initializer_list<Label>;

// Handles are two words, cheap to copy, and valid as long as their registry; a default-made one
// counts nothing. Every method but the registry's is a plain add to memory that only the calling
// thread writes: no lock, no shared cache line, no allocation once the thread has used the
// registry. Thread-safe.

// Only grows.
class Counter {
 public:
  Counter() = default;
  void Add(std::uint64_t amount = 1) const;

 private:
  friend class MetricRegistry;
  Counter(MetricState* state, std::uint32_t cell) : state_(state), cell_(cell) {}
  MetricState* state_ = nullptr;
  std::uint32_t cell_ = 0;
};

// Seconds spent, and other sums that are not whole numbers. Only grows.
class FloatCounter {
 public:
  FloatCounter() = default;
  void Add(double amount) const;

 private:
  friend class MetricRegistry;
  FloatCounter(MetricState* state, std::uint32_t cell) : state_(state), cell_(cell) {}
  MetricState* state_ = nullptr;
  std::uint32_t cell_ = 0;
};

// How many there are now, as ups and downs that threads make: requests in progress, connections.
// The ups and downs of one thing may come from different threads.
class Level {
 public:
  Level() = default;
  void Add(std::int64_t amount) const;

 private:
  friend class MetricRegistry;
  Level(MetricState* state, std::uint32_t cell) : state_(state), cell_(cell) {}
  MetricState* state_ = nullptr;
  std::uint32_t cell_ = 0;
};

// A value that is set: the last Set() wins, whatever its thread. One shared word: not for hot
// paths.
class Gauge {
 public:
  Gauge() = default;
  void Set(double value) const {
    if (value_ != nullptr) value_->store(value, std::memory_order_relaxed);
  }

 private:
  friend class MetricRegistry;
  explicit Gauge(std::atomic<double>* value) : value_(value) {}
  std::atomic<double>* value_ = nullptr;
};

// Counts of values by bucket, their sum and their number.
class Histogram {
 public:
  Histogram() = default;
  void Observe(double value) const;

 private:
  friend class MetricRegistry;
  Histogram(MetricState* state, std::uint32_t cell, std::span<const double> bounds)
      : state_(state), cell_(cell), bounds_(bounds) {}
  MetricState* state_ = nullptr;
  std::uint32_t cell_ = 0;
  std::span<const double> bounds_;
};

// Upper bounds in seconds from 50 µs to 10 s.
std::span<const double> DurationBuckets();
// Upper bounds in bytes from 64 to 16 MiB.
std::span<const double> SizeBuckets();

enum class Exposition { kPrometheus, kOpenMetrics };

// The metrics of a process, by name and labels.
//
//   Counter hits = registry.AddCounter("cache_hits_total", "Look-ups that found an entry",
//                                      {{"cache", "prediction"}, {"tier", "memory"}});
//   hits.Add();
//
// Add… of a name and labels that exist gives the same metric again, so a label whose values show
// only at run time can be added then: keep the handle, the look-up takes a lock. A name that exists
// with another kind, help or buckets is a bug. All methods are thread-safe. The registry outlives
// every handle and every thread that uses one.
class MetricRegistry {
 public:
  MetricRegistry();
  ~MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  Counter AddCounter(std::string_view name, std::string_view help, Labels labels = {});
  FloatCounter AddFloatCounter(std::string_view name, std::string_view help, Labels labels = {});
  Level AddLevel(std::string_view name, std::string_view help, Labels labels = {});
  Gauge AddGauge(std::string_view name, std::string_view help, Labels labels = {});
  // `bounds` rise strictly and live as long as the registry; +Inf is added.
  Histogram AddHistogram(std::string_view name, std::string_view help,
                         std::span<const double> bounds, Labels labels = {});
  // Asked at each scrape, for what is known elsewhere: `read` must neither block nor use
  // the registry, and stays callable as long as it lives. A second one of the same name and labels
  // replaces the first.
  enum class ReadKind { kGauge, kCounter };
  void AddReader(ReadKind kind, std::string_view name, std::string_view help, Labels labels,
                 std::function<double()> read);

  // Forgets every series that has all of these labels, and its reader: what they told of is gone.
  // Handles may still be used and count nothing that is seen. The same name and labels added again
  // start at zero; the cells of what was forgotten are not used again.
  void Remove(Labels labels);

  // Appends all metrics as text: Prometheus 0.0.4, or OpenMetrics 1.0.
  void Render(Exposition exposition, std::string& out) const;
  static std::string_view ContentType(Exposition exposition);

 private:
  std::unique_ptr<MetricState> state_;
};

}  // namespace geoclimate::telemetry
