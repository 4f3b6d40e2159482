#include "geoclimate/service/cached_prediction.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace geoclimate::service {
namespace {

using inference::AnswerParts;
using inference::ModelCache;

constexpr std::size_t kIntervalValues = 2;

AnswerParts PartsOf(std::span<const Interval> intervals) {
  return intervals.empty() ? AnswerParts::kOutputs : AnswerParts::kOutputsAndInterval;
}

// One answer, as the cache keeps it: the outputs, then the interval's ends if it is wanted.
void Pack(std::span<const float> out, std::span<const Interval> interval, std::span<float> values) {
  std::copy(out.begin(), out.end(), values.begin());
  if (interval.empty()) return;
  values[out.size()] = interval[0].p10;
  values[out.size() + 1] = interval[0].p90;
}

void Unpack(std::span<const float> values, std::span<float> out, std::span<Interval> interval) {
  std::copy_n(values.begin(), out.size(), out.begin());
  if (interval.empty()) return;
  interval[0] = {.p10 = values[out.size()], .p90 = values[out.size() + 1]};
}

// Nothing for rows that want none.
std::span<Interval> IntervalOf(std::span<Interval> intervals, std::size_t row) {
  return intervals.empty() ? intervals : intervals.subspan(row, 1);
}

base::Result<void> ScoreAll(const ServedModel& served, std::span<const float> rows,
                            std::size_t count, std::size_t first_row, std::span<float> out,
                            std::span<Interval> intervals) {
  if (intervals.empty()) return Score(served, rows, count, first_row, out);
  return ScoreWithIntervals(served, rows, count, first_row, out, intervals);
}

}  // namespace

base::Result<AnswerSource> ScoreRow(const ServedModel& served, std::span<const float> row,
                                    base::Instant now, std::span<float> out,
                                    std::span<Interval> interval) {
  const std::size_t width = out.size() + (interval.empty() ? 0 : kIntervalValues);
  if (served.cache == nullptr || width > ModelCache::kMostValues) {
    GC_RETURN_IF_ERROR(ScoreAll(served, row, 1, 0, out, interval));
    return AnswerSource::kComputed;
  }
  std::array<float, ModelCache::kMostValues> space;
  const std::span<float> values = std::span(space).first(width);
  const auto compute = [&]() -> base::Result<void> {
    GC_RETURN_IF_ERROR(ScoreAll(served, row, 1, 0, out, interval));
    Pack(out, interval, values);
    return {};
  };
  GC_ASSIGN_OR_RETURN(const AnswerSource source,
                      served.cache->Answer(PartsOf(interval), row, now, values, compute));
  if (source == AnswerSource::kCached) {
    Unpack(values, out, interval);
    served.metrics.succeeded.Add();
  }
  return source;
}

base::Result<std::size_t> CachedBatch::Score(const ServedModel& served, std::span<const float> rows,
                                             std::size_t count, std::size_t first_row,
                                             base::Instant now, std::span<float> out,
                                             std::span<Interval> intervals) {
  const std::size_t outputs = served.model->outputs();
  const std::size_t width = outputs + (intervals.empty() ? 0 : kIntervalValues);
  const AnswerParts parts = PartsOf(intervals);
  if (served.cache != nullptr) values_.resize(count * width);
  if (served.cache == nullptr ||
      !served.cache->Find(batch_, parts, rows, count, now, std::span(values_))) {
    GC_RETURN_IF_ERROR(ScoreAll(served, rows, count, first_row, out, intervals));
    return std::size_t{0};
  }
  if (const auto scored = ScoreMissing(served, rows, count, !intervals.empty()); !scored.ok()) {
    // Once more as they came, for an error that names the row as the caller counts.
    GC_RETURN_IF_ERROR(ScoreAll(served, rows, count, first_row, out, intervals));
    return std::size_t{0};
  }
  served.metrics.succeeded.Add(batch_.hits);
  std::size_t next = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::span<float> values = std::span(values_).subspan(i * width, width);
    if (!batch_.found[i]) {
      Pack(std::span(computed_).subspan(next * outputs, outputs),
           IntervalOf(computed_intervals_, intervals.empty() ? 0 : next), values);
      ++next;
    }
    Unpack(values, out.subspan(i * outputs, outputs), IntervalOf(intervals, i));
  }
  served.cache->Keep(batch_, parts, rows, count, now, values_);
  return std::size_t{batch_.hits};
}

// The rows that the cache did not have, together.
base::Result<void> CachedBatch::ScoreMissing(const ServedModel& served, std::span<const float> rows,
                                             std::size_t count, bool with_intervals) {
  const std::size_t columns = served.schema().size();
  missing_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    if (batch_.found[i]) continue;
    const std::span<const float> row = rows.subspan(i * columns, columns);
    missing_.insert(missing_.end(), row.begin(), row.end());
  }
  const std::size_t missing = count - batch_.hits;
  computed_.resize(missing * served.model->outputs());
  computed_intervals_.resize(with_intervals ? missing : 0);
  if (missing == 0) return {};
  return ScoreAll(served, missing_, missing, 0, computed_, computed_intervals_);
}

std::size_t WarmCache(inference::PredictionCache& cache, const ServedModel& served,
                      std::size_t most_rows, std::chrono::nanoseconds most_time) {
  if (served.cache == nullptr) return 0;
  ServedModel uncounted = served;
  uncounted.metrics = {};
  const auto score = [&uncounted](AnswerParts parts, std::span<const float> row,
                                  std::span<float> values) -> base::Result<void> {
    const bool with_interval = parts == AnswerParts::kOutputsAndInterval;
    Interval interval;
    const std::span<Interval> space(&interval, with_interval ? 1 : 0);
    std::vector<float> out(uncounted.model->outputs());
    GC_RETURN_IF_ERROR(ScoreAll(uncounted, row, 1, 0, out, space));
    Pack(out, space, values);
    return {};
  };
  return cache.Warm(*served.cache, most_rows, most_time, score);
}

}  // namespace geoclimate::service
