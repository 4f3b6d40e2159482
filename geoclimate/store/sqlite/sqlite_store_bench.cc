// Writing and reading a database of the size of EPA's daily files for a few dozen states: 300 files
// of 4 400 rows, each a transaction with synchronous=FULL. Rows in the order of the files: site by
// site within a file, the same sites again in the next year's file.
//
// The database lies in the folder for temporary files: on a real disk, for figures that include its
// fsync.

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/store/sqlite/sqlite_store.h"

namespace geoclimate::store {
namespace {

constexpr int kAreas = 20;
constexpr int kYears = 15;
constexpr int kSitesPerArea = 12;
constexpr int kDays = 366;

struct File {
  std::string origin;
  std::vector<airquality::Site> sites;
  std::vector<airquality::Observation> rows;
};

File MakeFile(int area, int year) {
  File file;
  file.origin = "area " + std::to_string(area) + " year " + std::to_string(year);
  for (int s = 0; s < kSitesPerArea; ++s) {
    airquality::Site& site = file.sites.emplace_back();
    site.id = airquality::SiteId::FromParts(static_cast<std::uint32_t>(1 + area), 1,
                                            static_cast<std::uint32_t>(1 + s));
    site.name = "a site of the area";
    site.utc_offset = std::chrono::hours(-5);
    site.coordinates = airquality::Coordinates{30.0 + area, -100.0 + s};
    for (int day = 0; day < kDays; ++day) {
      airquality::Observation& row = file.rows.emplace_back();
      row.key.site = site.id;
      row.key.parameter = area % 2 == 0 ? 88101 : 44201;
      row.key.poc = 1;
      row.key.statistic =
          area % 2 == 0 ? airquality::Statistic::kMean : airquality::Statistic::kMax8Hour;
      row.key.start =
          base::DayStart(base::DayFromNumber(12'000 + year * kDays + day), site.utc_offset);
      row.value = airquality::Concentration::FromMicro(100'000 * ((day * 37 + s * 11) % 400));
      row.completeness = 100;
    }
  }
  return file;
}

const std::vector<File>& Files() {
  static const std::vector<File> files = [] {
    std::vector<File> made;
    for (int area = 0; area < kAreas; ++area) {
      for (int year = 0; year < kYears; ++year) made.push_back(MakeFile(area, year));
    }
    return made;
  }();
  return files;
}

class Place {
 public:
  Place() {
    std::string name = std::filesystem::temp_directory_path() / "geoclimate_bench_XXXXXX";
    GC_CHECK(::mkdtemp(name.data()) != nullptr, "a benchmark needs a folder");
    folder_ = name;
    Reopen();
  }
  ~Place() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  ObservationStore& store() { return *store_; }
  void Reopen() {
    store_.reset();
    auto opened = OpenSqliteStore(folder_ / "geoclimate.db", {}, clock_);
    GC_CHECK(opened.ok(), opened.error().ToString().c_str());
    store_ = *std::move(opened);
  }
  void WriteAll() {
    for (const File& file : Files()) {
      auto writer = store_->BeginWrite(file.origin);
      GC_CHECK(writer.ok() && (*writer)->PutSites(file.sites).ok() &&
                   (*writer)->Append(file.rows, std::nullopt).ok() && (*writer)->Commit().ok(),
               "the disk of a benchmark has room");
    }
  }

 private:
  base::SystemClock clock_;
  std::filesystem::path folder_;
  std::unique_ptr<ObservationStore> store_;
};

// Written once, for the benchmarks that read.
Place& Filled() {
  static Place place;
  static const bool filled = (place.WriteAll(), true);
  benchmark::DoNotOptimize(filled);
  return place;
}

std::int64_t AllRows() {
  return static_cast<std::int64_t>(kAreas) * kYears * kSitesPerArea * kDays;
}

void SetRows(benchmark::State& state, std::int64_t rows) {
  state.SetItemsProcessed(state.iterations() * rows);
}

void BM_FirstIngest(benchmark::State& state) {
  Files();
  for (auto _ : state) {
    Place place;
    place.WriteAll();
  }
  SetRows(state, AllRows());
}
BENCHMARK(BM_FirstIngest)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

void BM_RepeatedIngest(benchmark::State& state) {
  Place& place = Filled();
  for (auto _ : state) place.WriteAll();
  SetRows(state, AllRows());
}
BENCHMARK(BM_RepeatedIngest)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

void BM_VisitOnePollutant(benchmark::State& state) {
  Place& place = Filled();
  ObservationQuery query;
  query.pollutant = airquality::Pollutant::kPm25;
  std::int64_t rows = 0;
  for (auto _ : state) {
    std::int64_t sum = 0;
    const auto visited = place.store().Visit(query, [&](const StoredObservation& stored) {
      ++rows;
      sum += stored.observation.value.micro();
    });
    GC_CHECK(visited.ok(), "a database that was just written can be read");
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(rows);
}
BENCHMARK(BM_VisitOnePollutant)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_VisitTwoWeeksOfASite(benchmark::State& state) {
  Place& place = Filled();
  ObservationQuery query;
  query.site = Files().back().sites.front().id;
  query.from = Files().back().rows.front().key.start;
  query.to = *query.from + std::chrono::days(14);
  for (auto _ : state) {
    std::int64_t rows = 0;
    const auto visited = place.store().Visit(query, [&](const StoredObservation&) { ++rows; });
    GC_CHECK(visited.ok() && rows == 14, "the last year of the site has its days");
  }
}
BENCHMARK(BM_VisitTwoWeeksOfASite)->Unit(benchmark::kMicrosecond)->UseRealTime();

void BM_Coverage(benchmark::State& state) {
  Place& place = Filled();
  for (auto _ : state) {
    const auto coverage = place.store().Coverage();
    GC_CHECK(coverage.ok(), "a database that was just written can be read");
    benchmark::DoNotOptimize(coverage->size());
  }
}
BENCHMARK(BM_Coverage)->Unit(benchmark::kMicrosecond)->UseRealTime();

void BM_OpenAndFindTheNewestDay(benchmark::State& state) {
  Place& place = Filled();
  for (auto _ : state) {
    place.Reopen();
    GC_CHECK(place.store().NewestDay()->has_value(), "the database has days");
  }
}
BENCHMARK(BM_OpenAndFindTheNewestDay)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace geoclimate::store
