#include "benchmarks/cache/site_rows.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "geoclimate/base/clock.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/forecast/history_loader.h"
#include "geoclimate/store/sqlite/sqlite_store.h"

namespace geoclimate::bench {

base::Result<std::vector<std::vector<SiteRow>>> LoadSiteRows(const std::string& database,
                                                             std::size_t cycles) {
  const base::SystemClock clock;
  GC_ASSIGN_OR_RETURN(const auto store, store::OpenSqliteStore(database, {}, clock));
  GC_ASSIGN_OR_RETURN(const features::SiteHistory history,
                      forecast::LoadSiteHistory(*store, {.as_of = base::MakeDay(2150, 1, 1)}));
  const features::FeatureBuilder builder(history);
  std::vector<std::vector<SiteRow>> rows(cycles);
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    const std::size_t columns = features::FeatureBuilder::Schema(pollutant).size();
    for (std::size_t site = 0; site < history.sites().size(); ++site) {
      const features::SiteHistory::Series series = history.Get(pollutant, site);
      std::vector<base::LocalDay> days;
      for (std::size_t i = series.values.size(); i > 0 && days.size() < cycles; --i) {
        if (!std::isnan(series.values[i - 1])) {
          days.push_back(series.first_day + std::chrono::days(static_cast<long>(i) - 1));
        }
      }
      if (days.size() < cycles) continue;
      for (std::size_t cycle = 0; cycle < cycles; ++cycle) {
        SiteRow row{.pollutant = pollutant, .values = std::vector<float>(columns)};
        builder.BuildRow(pollutant, {site, days[cycles - 1 - cycle]}, row.values);
        rows[cycle].push_back(std::move(row));
      }
    }
  }
  return rows;
}

ZipfDraw::ZipfDraw(std::size_t size, double exponent, unsigned seed) : random_(seed), order_(size) {
  std::vector<double> weights(size);
  for (std::size_t rank = 0; rank < size; ++rank) {
    weights[rank] = std::pow(static_cast<double>(rank + 1), -exponent);
  }
  ranks_ = std::discrete_distribution<std::size_t>(weights.begin(), weights.end());
  std::iota(order_.begin(), order_.end(), 0);
  std::shuffle(order_.begin(), order_.end(), random_);
}

std::size_t ZipfDraw::operator()() {
  return order_[ranks_(random_)];
}

}  // namespace geoclimate::bench
