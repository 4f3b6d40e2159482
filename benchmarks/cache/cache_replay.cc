// cache_replay DATABASE [cheap|costly|policies]
//
// Replays patterns of access over the sites of an SQLite store, as `geoclimate ingest` makes it:
// README.md. Prints one line of JSON a measurement and a table on stderr.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "benchmarks/cache/eviction_policies.h"
#include "benchmarks/cache/replayed_models.h"
#include "benchmarks/cache/site_rows.h"
#include "geoclimate/service/cached_prediction.h"

namespace {

using namespace geoclimate;  // NOLINT(google-build-using-namespace)
using bench::SiteRow;

constexpr std::size_t kCycles = 1000;
constexpr std::size_t kEnoughRequests = 300'000;
constexpr std::size_t kFewCycles = 6;  // of models that take long
constexpr std::array<double, 5> kExponents = {0, 0.6, 0.8, 1.0, 1.2};

// What is asked, in order: a row of a cycle and a lead time.
struct Question {
  std::uint32_t cycle;
  std::uint32_t row;
  std::uint32_t horizon;
};

std::vector<Question> Draw(std::size_t rows, std::size_t per_cycle, std::size_t cycles,
                           double exponent) {
  // Lead time and row are drawn together: every forecaster of a site is a key of its own.
  bench::ZipfDraw draw(3 * rows, exponent, 11);
  std::vector<Question> questions;
  questions.reserve(cycles * per_cycle);
  for (std::uint32_t cycle = 0; cycle < cycles; ++cycle) {
    for (std::size_t i = 0; i < per_cycle; ++i) {
      const std::size_t number = draw();
      questions.push_back({.cycle = cycle,
                           .row = static_cast<std::uint32_t>(number / 3),
                           .horizon = static_cast<std::uint32_t>(number % 3)});
    }
  }
  return questions;
}

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Outcome {
  double cpu_seconds = 0;
  double hit_rate = 0;
  double checksum = 0;
};

class Replay {
 public:
  Replay(const std::vector<std::vector<SiteRow>>& rows, int trees)
      : rows_(rows), models_(bench::MakeModels(rows.front(), trees)) {}

  // Every row computed.
  Outcome Plain(const std::vector<Question>& questions) {
    for (auto& pollutant : models_) {
      for (service::ServedModel& served : pollutant) served.cache = nullptr;
    }
    return Run(questions, nullptr);
  }
  // Through a new cache of the default size, which decides for itself.
  Outcome Cached(const std::vector<Question>& questions) {
    telemetry::MetricRegistry metrics;
    inference::PredictionCache cache({}, clock_, metrics);
    for (auto& pollutant : models_) {
      for (service::ServedModel& served : pollutant) served.cache = cache.Attach(*served.model);
    }
    const Outcome outcome = Run(questions, nullptr);
    for (auto& pollutant : models_) {
      for (service::ServedModel& served : pollutant) served.cache = nullptr;
    }
    return outcome;
  }
  // Through a memory tier that is always asked, whatever it costs.
  Outcome AlwaysOn(const std::vector<Question>& questions) {
    cache::MemoryTier tier({});
    return Run(questions, &tier);
  }

 private:
  Outcome Run(const std::vector<Question>& questions, cache::MemoryTier* always) {
    Outcome outcome;
    std::size_t hits = 0;
    std::string key;
    const double start = CpuSeconds();
    for (const Question& question : questions) {
      const SiteRow& row = rows_[question.cycle][question.row];
      const service::ServedModel& served =
          models_[static_cast<std::size_t>(row.pollutant)][question.horizon];
      std::array<float, 1> out{};
      const base::Instant now = clock_.MonotonicNow();
      if (always == nullptr) {
        const auto source = service::ScoreRow(served, row.values, now, out, {});
        if (!source.ok()) std::abort();
        hits += *source == service::AnswerSource::kCached ? 1U : 0U;
      } else {
        const std::uint64_t model = served.model->identity();
        key.assign(reinterpret_cast<const char*>(&model), sizeof(model));
        key.append(reinterpret_cast<const char*>(row.values.data()),
                   row.values.size() * sizeof(float));
        std::array<char, sizeof(float)> value{};
        const auto found = always->Find(key, now, value);
        if (found.hit()) {
          ++hits;
          std::memcpy(out.data(), value.data(), value.size());
        } else {
          if (!service::Score(served, row.values, 1, 0, out).ok()) std::abort();
          std::memcpy(value.data(), out.data(), value.size());
          always->Insert(found.place, key, {value.data(), value.size()}, now);
        }
      }
      outcome.checksum += double{out[0]};
    }
    outcome.cpu_seconds = CpuSeconds() - start;
    outcome.hit_rate = static_cast<double>(hits) / static_cast<double>(questions.size());
    return outcome;
  }

  const std::vector<std::vector<SiteRow>>& rows_;
  std::vector<std::vector<service::ServedModel>> models_;
  base::SystemClock clock_;
};

void MeasureModels(const std::vector<std::vector<SiteRow>>& rows, int trees, std::size_t per_cycle,
                   std::size_t cycles) {
  Replay replay(rows, trees);
  const std::size_t keys = 3 * rows.front().size();
  fmt::print(stderr, "\n{} trees, {} requests a cycle (CPU ms per million requests)\n", trees,
             per_cycle);
  fmt::print(stderr, "{:>5} {:>9} {:>10} {:>10} {:>12} {:>12}\n", "zipf", "hit rate", "computed",
             "looked up", "saved always", "saved, auto");
  for (const double exponent : kExponents) {
    const std::vector<Question> questions = Draw(rows.front().size(), per_cycle, cycles, exponent);
    replay.Plain(Draw(rows.front().size(), keys, 1, exponent));  // warms up
    const Outcome plain = replay.Plain(questions);
    const Outcome always = replay.AlwaysOn(questions);
    const Outcome cached = replay.Cached(questions);
    if (always.checksum != plain.checksum || cached.checksum != plain.checksum) {
      std::fputs("the cache gives other answers\n", stderr);
      std::exit(1);
    }
    const double million = 1e9 / static_cast<double>(questions.size());  // to ms per million
    const double saved_always = (plain.cpu_seconds - always.cpu_seconds) * million;
    const double saved = (plain.cpu_seconds - cached.cpu_seconds) * million;
    fmt::print(stderr, "{:>5} {:>9.3f} {:>10.0f} {:>10.3f} {:>12.0f} {:>12.0f}\n", exponent,
               always.hit_rate, plain.cpu_seconds * million, cached.hit_rate, saved_always, saved);
    fmt::print(
        "{{\"trees\": {}, \"zipf\": {}, \"keys\": {}, \"requests_per_cycle\": {}, "
        "\"hit_rate_always\": {:.4f}, \"hit_rate\": {:.4f}, \"computed_ms_per_million\": {:.1f}, "
        "\"saved_always_ms_per_million\": {:.1f}, \"saved_ms_per_million\": {:.1f}}}\n",
        trees, exponent, keys, per_cycle, always.hit_rate, cached.hit_rate,
        plain.cpu_seconds * million, saved_always, saved);
  }
}

std::size_t CyclesFor(std::size_t per_cycle) {
  return std::clamp(kEnoughRequests / per_cycle, kFewCycles, kCycles);
}

// Policies in a cache that holds a part of what a cycle asks for: the memory tier, and the others
// with as many entries.
void ComparePolicies(std::size_t rows, std::size_t per_cycle) {
  constexpr std::size_t kBytes = std::size_t{256} << 10;
  fmt::print(stderr, "\nhit rate by policy\n{:>5} {:>8} {:>8} {:>8} {:>8}\n", "zipf", "entries",
             "CLOCK", "S3-FIFO", "LRU");
  for (const double exponent : kExponents) {
    const std::vector<Question> questions = Draw(rows, per_cycle, kFewCycles * 4, exponent);
    std::vector<std::uint64_t> keys;
    keys.reserve(questions.size());
    for (const Question& question : questions) {
      keys.push_back((std::uint64_t{question.cycle} * rows + question.row) * 3 + question.horizon);
    }
    for (const std::size_t value_bytes : {400U, 1000U, 2000U, 4000U}) {
      const bench::TierResult tier = bench::HitRateOfTier(keys, kBytes, value_bytes);
      const double s3_fifo = bench::HitRateOfS3Fifo(keys, tier.entries);
      const double lru = bench::HitRateOfLru(keys, tier.entries);
      fmt::print(stderr, "{:>5} {:>8} {:>8.3f} {:>8.3f} {:>8.3f}\n", exponent, tier.entries,
                 tier.hit_rate, s3_fifo, lru);
      fmt::print(
          "{{\"zipf\": {}, \"entries\": {}, \"clock\": {:.4f}, \"s3_fifo\": {:.4f}, "
          "\"lru\": {:.4f}}}\n",
          exponent, tier.entries, tier.hit_rate, s3_fifo, lru);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: cache_replay DATABASE [cheap|costly|policies]\n", stderr);
    return 2;
  }
  const auto rows = bench::LoadSiteRows(argv[1], kCycles);
  if (!rows.ok()) {
    fmt::print(stderr, "{}\n", rows.error().ToString());
    return 1;
  }
  const std::size_t keys = 3 * rows->front().size();
  fmt::print(stderr, "{} rows a cycle, {} keys with their lead times, {} cycles\n",
             rows->front().size(), keys, kCycles);
  const std::string part = argc > 2 ? argv[2] : "all";
  if (part == "cheap" || part == "all") {
    // Hardly dearer than a look-up: where a cache does harm.
    for (const std::size_t per_key : {1U, 2U}) {
      MeasureModels(*rows, 10, per_key * keys, CyclesFor(per_key * keys));
    }
    for (const std::size_t half_per_key : {1U, 2U, 4U, 10U, 40U}) {
      const std::size_t per_cycle = half_per_key * keys / 2;
      MeasureModels(*rows, 200, per_cycle, CyclesFor(per_cycle));
    }
  }
  if (part == "costly" || part == "all") {
    for (const std::size_t per_key : {1U, 2U, 5U}) {
      MeasureModels(*rows, 5000, per_key * keys, kFewCycles);
    }
  }
  if (part == "policies" || part == "all") ComparePolicies(rows->front().size(), 5 * keys);
  return 0;
}
