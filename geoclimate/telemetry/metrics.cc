#include "geoclimate/telemetry/metrics.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/telemetry/metric_state.h"

namespace geoclimate::telemetry {
namespace {

constexpr auto kDurationBounds =
    std::to_array<double>({0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                           0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0});
constexpr auto kSizeBounds =
    std::to_array<double>({64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216});

// Only the calling thread writes the cell, so that load and store need not be one step.
void AddFloat(std::atomic<std::uint64_t>& cell, double amount) {
  const double sum = std::bit_cast<double>(cell.load(std::memory_order_relaxed)) + amount;
  cell.store(std::bit_cast<std::uint64_t>(sum), std::memory_order_relaxed);
}

void AddWhole(std::atomic<std::uint64_t>& cell, std::uint64_t amount) {
  cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

bool EndsInTotal(std::string_view name) {
  return name.ends_with("_total");
}

}  // namespace

void Counter::Add(std::uint64_t amount) const {
  if (state_ != nullptr) AddWhole(state_->Cell(cell_), amount);
}

void FloatCounter::Add(double amount) const {
  if (state_ != nullptr) AddFloat(state_->Cell(cell_), amount);
}

void Level::Add(std::int64_t amount) const {
  if (state_ != nullptr) AddWhole(state_->Cell(cell_), static_cast<std::uint64_t>(amount));
}

void Histogram::Observe(double value) const {
  if (state_ == nullptr) return;
  std::uint32_t bucket = 0;
  while (bucket < bounds_.size() && !(value <= bounds_[bucket])) ++bucket;
  AddWhole(state_->Cell(cell_ + bucket), 1);
  AddFloat(state_->Cell(cell_ + static_cast<std::uint32_t>(bounds_.size()) + 1), value);
}

std::span<const double> DurationBuckets() {
  return kDurationBounds;
}
std::span<const double> SizeBuckets() {
  return kSizeBounds;
}

MetricRegistry::MetricRegistry() : state_(std::make_unique<MetricState>()) {}
MetricRegistry::~MetricRegistry() = default;

Counter MetricRegistry::AddCounter(std::string_view name, std::string_view help, Labels labels) {
  GC_CHECK(EndsInTotal(name), "the name of a counter ends in _total");
  return {state_.get(), state_->Find(MetricKind::kCounter, name, help, {}, labels).cell};
}

FloatCounter MetricRegistry::AddFloatCounter(std::string_view name, std::string_view help,
                                             Labels labels) {
  GC_CHECK(EndsInTotal(name), "the name of a counter ends in _total");
  return {state_.get(), state_->Find(MetricKind::kFloatCounter, name, help, {}, labels).cell};
}

Level MetricRegistry::AddLevel(std::string_view name, std::string_view help, Labels labels) {
  return {state_.get(), state_->Find(MetricKind::kLevel, name, help, {}, labels).cell};
}

Gauge MetricRegistry::AddGauge(std::string_view name, std::string_view help, Labels labels) {
  return Gauge(state_->Find(MetricKind::kGauge, name, help, {}, labels).gauge);
}

Histogram MetricRegistry::AddHistogram(std::string_view name, std::string_view help,
                                       std::span<const double> bounds, Labels labels) {
  GC_CHECK(std::is_sorted(bounds.begin(), bounds.end(), std::less_equal<>()) && bounds.size() < 100,
           "the bounds of a histogram rise strictly");
  return {state_.get(), state_->Find(MetricKind::kHistogram, name, help, bounds, labels).cell,
          bounds};
}

void MetricRegistry::AddReader(ReadKind kind, std::string_view name, std::string_view help,
                               Labels labels, std::function<double()> read) {
  GC_CHECK(kind == ReadKind::kGauge || EndsInTotal(name), "the name of a counter ends in _total");
  state_->FindReader(kind, name, help, labels, std::move(read));
}

void MetricRegistry::Remove(Labels labels) {
  state_->Remove(labels);
}

void MetricRegistry::Render(Exposition exposition, std::string& out) const {
  state_->Render(exposition, out);
}

}  // namespace geoclimate::telemetry
