#include "geoclimate/telemetry/metric_state.h"

#include <algorithm>
#include <utility>

#include "geoclimate/base/check.h"

namespace geoclimate::telemetry {
namespace {

std::atomic<std::uint64_t> next_registry_id{1};

void AppendLabelValue(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

std::string RenderLabels(Labels labels) {
  std::string out;
  for (const Label& label : labels) {
    if (!out.empty()) out += ',';
    out += label.name;
    out += "=\"";
    AppendLabelValue(out, label.value);
    out += '"';
  }
  return out;
}

// Whether `labels` holds `label`, both as RenderLabels() writes them: a quote within a value is
// escaped, so that what looks like a label is one.
bool HasLabel(std::string_view labels, std::string_view label) {
  for (std::size_t at = labels.find(label); at != std::string_view::npos;
       at = labels.find(label, at + 1)) {
    const std::size_t end = at + label.size();
    if ((at == 0 || labels[at - 1] == ',') && (end == labels.size() || labels[end] == ',')) {
      return true;
    }
  }
  return false;
}

std::uint32_t CellCount(MetricKind kind, std::span<const double> bounds) {
  switch (kind) {
    case MetricKind::kCounter:
    case MetricKind::kFloatCounter:
    case MetricKind::kLevel:
      return 1;
    case MetricKind::kHistogram:
      return static_cast<std::uint32_t>(bounds.size() + 2);
    case MetricKind::kGauge:
    case MetricKind::kReadGauge:
    case MetricKind::kReadCounter:
      return 0;
  }
  return 0;
}

}  // namespace

MetricShard::~MetricShard() {
  for (const std::atomic<Chunk*>& chunk : chunks_) delete chunk.load(std::memory_order_acquire);
}

std::atomic<std::uint64_t>& MetricShard::Cell(std::uint32_t cell) {
  std::atomic<Chunk*>& slot = chunks_[cell / kChunkCells];
  Chunk* chunk = slot.load(std::memory_order_relaxed);
  if (chunk == nullptr) {
    chunk = new Chunk{};
    slot.store(chunk, std::memory_order_release);
  }
  return (*chunk)[cell % kChunkCells];
}

std::uint64_t MetricShard::Read(std::uint32_t cell) const {
  const Chunk* chunk = chunks_[cell / kChunkCells].load(std::memory_order_acquire);
  return chunk == nullptr ? 0 : (*chunk)[cell % kChunkCells].load(std::memory_order_relaxed);
}

thread_local constinit MetricState::ThreadShard MetricState::current_thread{};

MetricState::MetricState() : id_(next_registry_id.fetch_add(1)) {}

MetricShard& MetricState::EnterThread() {
  const base::MutexLock lock(mutex_);
  std::unique_ptr<MetricShard>& shard = shards_[std::this_thread::get_id()];
  if (shard == nullptr) shard = std::make_unique<MetricShard>();
  current_thread = {id_, shard.get()};
  return *shard;
}

std::uint32_t MetricState::TakeCells(std::uint32_t count) {
  constexpr std::uint32_t kChunk = MetricShard::kChunkCells;
  if (next_cell_ % kChunk + count > kChunk) next_cell_ += kChunk - next_cell_ % kChunk;
  const std::uint32_t first = next_cell_;
  next_cell_ += count;
  GC_CHECK(next_cell_ <= kChunk * MetricShard::kMaxChunks,
           "labels take few values: a metric with unbounded ones must not be made");
  return first;
}

MetricState::Place MetricState::Find(MetricKind kind, std::string_view name, std::string_view help,
                                     std::span<const double> bounds, Labels labels) {
  const base::MutexLock lock(mutex_);
  const MetricSeries& series = FindLocked(kind, name, help, bounds, labels);
  return {.cell = series.cell, .gauge = series.gauge};
}

void MetricState::Remove(Labels labels) {
  std::vector<std::string> wanted;
  wanted.reserve(labels.size());
  for (const Label& label : labels) wanted.push_back(RenderLabels({label}));
  const auto matches = [&wanted](const MetricSeries& series) {
    return std::ranges::all_of(
        wanted, [&series](const std::string& label) { return HasLabel(series.labels, label); });
  };
  const base::MutexLock lock(mutex_);
  for (MetricFamily& family : families_) {
    std::erase_if(family.by_labels, [&](const auto& known) { return matches(*known.second); });
    family.series.remove_if(matches);
  }
}

void MetricState::FindReader(MetricRegistry::ReadKind kind, std::string_view name,
                             std::string_view help, Labels labels, std::function<double()> read) {
  const MetricKind metric_kind =
      kind == MetricRegistry::ReadKind::kGauge ? MetricKind::kReadGauge : MetricKind::kReadCounter;
  const base::MutexLock lock(mutex_);
  FindLocked(metric_kind, name, help, {}, labels).read = std::move(read);
}

MetricSeries& MetricState::FindLocked(MetricKind kind, std::string_view name, std::string_view help,
                                      std::span<const double> bounds, Labels labels) {
  const std::string label_text = RenderLabels(labels);
  auto known = by_name_.find(name);
  if (known == by_name_.end()) {
    MetricFamily& family = families_.emplace_back();
    family.name = name;
    family.help = help;
    family.kind = kind;
    family.bounds = bounds;
    known = by_name_.emplace(name, &family).first;
  }
  MetricFamily& family = *known->second;
  GC_CHECK(family.kind == kind && family.help == help && family.bounds.data() == bounds.data(),
           "a metric's name stands for one kind, help and set of buckets");
  if (const auto series = family.by_labels.find(label_text); series != family.by_labels.end()) {
    return *series->second;
  }
  MetricSeries& series = family.series.emplace_back();
  series.labels = label_text;
  series.cell = TakeCells(CellCount(kind, bounds));
  if (kind == MetricKind::kGauge) series.gauge = &gauges_.emplace_back(0.0);
  family.by_labels.emplace(label_text, &series);
  return series;
}

std::uint64_t MetricState::Sum(std::uint32_t cell) const {
  std::uint64_t sum = 0;
  for (const auto& [thread, shard] : shards_) sum += shard->Read(cell);
  return sum;
}

double MetricState::FloatSum(std::uint32_t cell) const {
  double sum = 0;
  for (const auto& [thread, shard] : shards_) sum += std::bit_cast<double>(shard->Read(cell));
  return sum;
}

}  // namespace geoclimate::telemetry
