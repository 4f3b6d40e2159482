// Anybody's file of forecasts, as `geoclimate score` reads it.
//
// Besides not crashing: what is taken can be judged (it gives something, its quantiles do not
// cross, no forecast stands twice), and each reject names its line and why.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/forecast/baselines.h"
#include "geoclimate/forecast/forecast_csv.h"
#include "geoclimate/forecast/judge.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace geoclimate;
  formats::MemorySource bytes({reinterpret_cast<const char*>(data), size});
  std::uint64_t rejected = 0;
  const auto file =
      forecast::ReadForecasts(bytes, "fuzz", [&rejected](const forecast::RejectedForecast& row) {
        ++rejected;
        GC_CHECK(row.line > 1 && !row.detail.empty(), "a reject says where and why");
        const auto shown = [](char c) { return c >= 0x20 && c <= 0x7e; };
        GC_CHECK(std::all_of(row.detail.begin(), row.detail.end(), shown),
                 "a terminal can show the reason");
      });
  if (!file.ok()) return 0;
  GC_CHECK(file->rejected() == rejected, "rejects are counted as they are shown");
  GC_CHECK(file->group_of.empty() || file->group_of.size() == file->forecasts.size(),
           "each forecast has its group");
  std::vector<std::uint64_t> keys;
  for (const airquality::IssuedForecast& one : file->forecasts) {
    keys.push_back(forecast::ForecastKey(one));
    const bool interval = !std::isnan(one.p10) && !std::isnan(one.p90);
    GC_CHECK(!std::isnan(one.mean) || !std::isnan(one.p50) || interval ||
                 !std::isnan(one.probability_over_100),
             "a forecast gives something");
    GC_CHECK(!(one.p10 > one.p50) && !(one.p50 > one.p90) && !(one.p10 > one.p90),
             "quantiles do not cross");
    GC_CHECK(!(one.probability_over_100 < 0) && !(one.probability_over_100 > 1),
             "a probability is one");
    GC_CHECK(one.horizon_days >= 1 && one.horizon_days <= forecast::Baselines::kMaxHorizon,
             "baselines know the lead time");
  }
  std::sort(keys.begin(), keys.end());
  GC_CHECK(std::adjacent_find(keys.begin(), keys.end()) == keys.end(), "a forecast stands once");
  for (const std::uint32_t group : file->group_of) {
    GC_CHECK(group < file->groups.size(), "a group has a name");
  }
  return 0;
}
