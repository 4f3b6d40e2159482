// What the log costs a request: of a model that is not logged, of one row in a hundred, of every
// row. A row has forty features, as forecasters' rows have.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <vector>

#include "geoclimate/prediction_log/prediction_log.h"

namespace geoclimate::prediction_log {
namespace {

// Takes everything and keeps nothing: the cost of the request's thread is what is asked for.
class EmptyStore final : public store::PredictionLogStore {
 public:
  base::Result<Inserted> Insert(const store::PredictionBatch&) override { return Inserted::kYes; }
  base::Result<store::PredictionLogSize> Maintain(const store::PredictionLogBounds&,
                                                  base::LocalDay) override {
    return store::PredictionLogSize{};
  }
  base::Result<void> Sample(std::string_view, base::LocalDay, std::size_t,
                            const std::function<void(const store::LoggedPrediction&)>&) override {
    return {};
  }
};

const base::SystemClock kClock;
EmptyStore empty_store;
telemetry::MetricRegistry metrics;

void Note(benchmark::State& state, const ModelLog& log, std::size_t count) {
  const std::vector<float> rows(40 * count, 1.5F);
  const std::vector<float> outputs(count, 2.5F);
  for (auto _ : state) {
    log.Note({.at = {},
              .request_id = "0af7651916cd43dd8448eb211c80319c",
              .caller = "gsc_AbCdEfGh",
              .duration = std::chrono::microseconds(1),
              .count = count,
              .rows = rows,
              .outputs = outputs});
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

void BM_ARowThatIsNotLogged(benchmark::State& state) {
  Note(state, ModelLog(), 1);
}
BENCHMARK(BM_ARowThatIsNotLogged);

// `percent` of the rows, `rows` of them a request.
void BM_Rows(benchmark::State& state) {
  const auto log = *PredictionLog::Start(
      empty_store, nullptr, {.sample = static_cast<double>(state.range(0)) / 100}, kClock, metrics);
  Note(state, log->Attach("pm25_d1_v1_20240131_120000"), static_cast<std::size_t>(state.range(1)));
}
BENCHMARK(BM_Rows)
    ->ArgNames({"percent", "rows"})
    ->Args({0, 1})
    ->Args({1, 1})
    ->Args({10, 1})
    ->Args({100, 1})
    ->Args({1, 1000});

}  // namespace
}  // namespace geoclimate::prediction_log
