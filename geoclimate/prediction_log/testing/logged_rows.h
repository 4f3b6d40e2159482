#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/base/check.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/store/sqlite/sqlite_store.h"
#include "geoclimate/store/sqlite/temporary_folder.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::prediction_log {

inline constexpr const char* kModel = "pm25_d1_v1_20240131_120000";
inline base::LocalDay TestDay() {
  return base::MakeDay(2024, 5, 17);
}

// Numbered from `first` on, at noon of the test's day.
inline store::PredictionBatch MakeBatch(int id, int first, int count) {
  store::PredictionBatch batch;
  batch.id = fmt::format("{:032x}", id);
  for (int i = 0; i < count; ++i) {
    store::LoggedPrediction one;
    one.at = base::DayStart(TestDay(), std::chrono::hours(-12)) + std::chrono::seconds(first + i);
    one.model_id = kModel;
    one.request_id = fmt::format("r{:03}", first + i);
    one.row = {static_cast<float>(first + i), 2};
    one.outputs = {7.5};
    batch.predictions.push_back(std::move(one));
  }
  return batch;
}

// A database of a test's own, and what it logged on the test's day.
struct LogPlace {
  LogPlace() {
    auto opened = store::OpenSqliteStores(folder / "geoclimate.db", {}, clock);
    GC_CHECK(opened.ok(), "a database in a new folder opens");
    stores = *std::move(opened);
  }
  // Sorted.
  std::vector<std::string> RequestIds() {
    std::vector<std::string> ids;
    const auto visited = stores.prediction_log->Sample(
        kModel, TestDay(), 1'000'000, [&](const auto& one) { ids.push_back(one.request_id); });
    GC_CHECK(visited.ok(), "the log can be read");
    std::ranges::sort(ids);
    return ids;
  }
  // Of one series, as it is exposed; -1 when there is none.
  double Metric(std::string_view series) const {
    std::string text;
    metrics.Render(telemetry::Exposition::kPrometheus, text);
    const std::string line = fmt::format("\n{} ", series);
    const std::size_t at = text.find(line);
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size()));
  }
  double Dropped(std::string_view reason) const {
    return Metric(fmt::format("prediction_log_dropped_total{{reason=\"{}\"}}", reason));
  }

  store::sqlite::TemporaryFolder folder;
  base::FakeClock clock{base::DayStart(TestDay(), std::chrono::hours(-12))};
  telemetry::MetricRegistry metrics;
  store::Stores stores;
};

}  // namespace geoclimate::prediction_log
