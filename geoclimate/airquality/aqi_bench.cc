#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "geoclimate/airquality/aqi.h"

namespace geoclimate::airquality {
namespace {

// Real days are mostly low: the squares of a uniform sequence, up to `highest`.
std::vector<Concentration> Concentrations(double highest) {
  std::vector<Concentration> values(4096);
  std::uint32_t state = 1;
  for (Concentration& value : values) {
    state = state * 1'664'525u + 1'013'904'223u;
    const double share = static_cast<double>(state >> 8) / (1 << 24);
    value = Concentration::FromDouble(highest * share * share);
  }
  return values;
}

void BM_Aqi(benchmark::State& state) {
  constexpr std::array<double, kPollutantCount> kHighest = {300, 500, 0.15, 400, 200, 20};
  const Pollutant pollutant = kPollutants[static_cast<std::size_t>(state.range(0))];
  const std::vector<Concentration> values =
      Concentrations(kHighest[static_cast<std::size_t>(Index(pollutant))]);
  const BreakpointTable& table = NewestTable(pollutant);
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(Aqi(table, values[i]));
    i = (i + 1) % values.size();
  }
  state.SetLabel(std::string(Name(pollutant)));
}
BENCHMARK(BM_Aqi)->DenseRange(0, kPollutantCount - 1);

}  // namespace
}  // namespace geoclimate::airquality
