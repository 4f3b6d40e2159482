#include "geoclimate/features/own_features.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace geoclimate::features {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
constexpr std::array<int, 9> kLags = {0, 1, 2, 3, 4, 5, 6, 7, 14};
constexpr std::array<int, 5> kWindows = {3, 7, 14, 30, 90};

// Of the values seen so far, as differences to a reference value: see DailyStatistics::Mean().
struct Moments {
  double sum = 0;
  double squares = 0;
  int count = 0;
  float max = -std::numeric_limits<float>::infinity();
  float min = std::numeric_limits<float>::infinity();

  void Add(float value, double reference) {
    const bool present = !std::isnan(value);
    const double difference = present ? static_cast<double>(value) - reference : 0.0;
    sum += difference;
    squares += difference * difference;
    count += present ? 1 : 0;
    max = present && value > max ? value : max;
    min = present && value < min ? value : min;
  }
};

float* WriteWindow(const Moments& moments, double reference, float* out) {
  const auto count = static_cast<double>(moments.count);
  if (moments.count == 0) {
    out = std::fill_n(out, 4, kMissing);
  } else {
    *out++ = static_cast<float>(reference + moments.sum / count);
    const double variance = (moments.squares - moments.sum * moments.sum / count) / (count - 1);
    *out++ = moments.count < 2 ? kMissing : static_cast<float>(std::sqrt(std::max(0.0, variance)));
    *out++ = moments.max;
    *out++ = moments.min;
  }
  *out++ = static_cast<float>(moments.count);
  return out;
}

// The windows grow from the issue day into the past: one pass over 90 days leaves the statistics at
// each window's end.
float* WriteWindows(const SiteHistory::Series& series, base::LocalDay day,
                    const DailyStatistics::Last& last, float* out) {
  const auto reference = static_cast<double>(last.value);
  const std::int64_t index = (day - series.first_day).count();
  Moments moments;
  std::int64_t next = last.age_days < 0 ? index + 1 : index - last.age_days;
  for (const int window : kWindows) {
    const std::int64_t oldest = std::max<std::int64_t>(0, index - window + 1);
    for (; next >= oldest && last.age_days >= 0; --next) {
      moments.Add(series.values[static_cast<std::size_t>(next)], reference);
    }
    out = WriteWindow(moments, reference, out);
  }
  return out;
}

}  // namespace

void AddOwnColumns(ColumnList& columns) {
  for (const int lag : kLags) columns.AddConcentration(fmt::format("lag{}", lag));
  columns.AddConcentration(kLastStem);
  columns.AddNumber("age", "days", 0, 100'000);
  for (const int window : kWindows) {
    columns.AddConcentration(fmt::format("mean{}", window));
    columns.AddSpread(fmt::format("std{}", window));
    columns.AddConcentration(fmt::format("max{}", window));
    columns.AddConcentration(fmt::format("min{}", window));
    columns.AddNumber(fmt::format("count{}", window), "days", 0, static_cast<float>(window));
  }
  columns.AddConcentration(kExpandingMeanStem);
  columns.AddConcentration("season");
  columns.AddChange("change1");
  columns.AddChange("trend");
}

float* WriteOwnFeatures(const DailyStatistics& statistics, std::size_t site, base::LocalDay day,
                        float* out) {
  const SiteHistory::Series& series = statistics.series(site);
  const float* const lags = out;
  for (const int lag : kLags) *out++ = series.At(day - std::chrono::days(lag));
  const DailyStatistics::Last last = statistics.LastValue(site, day);
  *out++ = last.value;
  *out++ = last.age_days < 0 ? kMissing : static_cast<float>(last.age_days);
  const float* const windows = out;
  out = WriteWindows(series, day, last, out);
  *out++ = statistics.ExpandingMean(site, day);
  *out++ = statistics.SeasonalMean(site, day);
  *out++ = lags[0] - lags[1];
  constexpr std::size_t kColumnsPerWindow = 5;
  const float mean7 = windows[1 * kColumnsPerWindow];
  const float mean30 = windows[3 * kColumnsPerWindow];
  *out++ = mean7 - mean30;
  return out;
}

}  // namespace geoclimate::features
