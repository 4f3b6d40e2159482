#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "geoclimate/base/check.h"
#include "geoclimate/forecast/forecast_table.h"

namespace geoclimate::forecast {
namespace {

// As many sites as EPA's ozone network, three pollutants on three days each.
TableContent National() {
  constexpr std::uint32_t kSites = 1300;
  TableContent content;
  content.model_ids = {"o3_d1_v1_20210101_000000"};
  for (std::uint32_t i = 0; i < kSites; ++i) {
    SiteForecast site;
    site.id = airquality::SiteId::FromParts(1 + i / 100, i % 100, i);
    site.name = "A site with a name of usual length";
    site.coordinates = airquality::Coordinates{25 + 0.017 * (i * 7 % 1300), -124 + 0.044 * i};
    for (int horizon = 1; horizon <= kMaxHorizonDays; ++horizon) {
      DayForecast day;
      day.horizon_days = horizon;
      for (const auto pollutant : {airquality::Pollutant::kPm25, airquality::Pollutant::kO3,
                                   airquality::Pollutant::kNo2}) {
        day.pollutants.emplace_back().pollutant = pollutant;
      }
      site.days.push_back(day);
    }
    content.sites.push_back(site);
  }
  return content;
}

void LoadANationalTable(benchmark::State& state) {
  const std::string bytes = EncodeForecastTable(National());
  for (auto _ : state) {
    const auto table = ForecastTable::Parse(bytes);
    GC_CHECK(table.ok(), "what was encoded is parsed");
    benchmark::DoNotOptimize(table->digest().data());
  }
  state.counters["bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(LoadANationalTable)->Unit(benchmark::kMillisecond);

void FindASiteById(benchmark::State& state) {
  const auto table = *ForecastTable::Parse(EncodeForecastTable(National()));
  std::size_t next = 0;
  for (auto _ : state) {
    next = (next + 617) % table.content().sites.size();
    benchmark::DoNotOptimize(table.Find(table.content().sites[next].id));
  }
}
BENCHMARK(FindASiteById);

void FindTheNearestSite(benchmark::State& state) {
  const auto table = *ForecastTable::Parse(EncodeForecastTable(National()));
  double latitude = 25;
  for (auto _ : state) {
    latitude = latitude > 48 ? 25 : latitude + 0.37;
    benchmark::DoNotOptimize(table.FindNearest({latitude, -2.9 * latitude}));
  }
}
BENCHMARK(FindTheNearestSite);

}  // namespace
}  // namespace geoclimate::forecast
