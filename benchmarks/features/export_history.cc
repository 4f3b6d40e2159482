// export_history DATABASE HISTORY.csv
//
// Loads the site history of an SQLite store, as `geoclimate ingest` makes it, prints one line of
// JSON (values, seconds) and writes what feature_rows and polars_rows.py read.

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>

#include "geoclimate/forecast/history_loader.h"
#include "geoclimate/store/sqlite/sqlite_store.h"

namespace {

using geoclimate::features::SiteHistory;

std::size_t Write(const SiteHistory& history, std::ofstream& file) {
  std::size_t values = 0;
  file << "pollutant,site,latitude,longitude,day,value\n";
  for (const auto pollutant : geoclimate::airquality::kPollutants) {
    for (std::size_t i = 0; i < history.sites().size(); ++i) {
      const geoclimate::airquality::Site& site = history.sites()[i];
      const std::string place = site.coordinates ? fmt::format("{},{}", site.coordinates->latitude,
                                                               site.coordinates->longitude)
                                                 : ",";
      const SiteHistory::Series series = history.Get(pollutant, i);
      for (std::size_t day = 0; day < series.values.size(); ++day) {
        if (std::isnan(series.values[day])) continue;
        ++values;
        file << fmt::format("{},{:09},{},{},{}\n", geoclimate::airquality::Slug(pollutant),
                            site.id.number(), place,
                            geoclimate::base::FormatDay(series.first_day + std::chrono::days(day)),
                            series.values[day]);
      }
    }
  }
  return values;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: export_history DATABASE HISTORY.csv\n", stderr);
    return 2;
  }
  const geoclimate::base::SystemClock clock;
  const auto store = geoclimate::store::OpenSqliteStore(argv[1], {}, clock);
  if (!store.ok()) {
    fmt::print(stderr, "{}\n", store.error().ToString());
    return 1;
  }
  const std::clock_t cpu_begin = std::clock();
  const auto begin = std::chrono::steady_clock::now();
  const auto history = geoclimate::forecast::LoadSiteHistory(
      **store, {.as_of = geoclimate::base::MakeDay(2150, 1, 1)});
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const double cpu_seconds = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
  if (!history.ok()) {
    fmt::print(stderr, "{}\n", history.error().ToString());
    return 1;
  }
  std::ofstream file(argv[2]);
  fmt::print("{{\"values\": {}, \"seconds\": {:.4f}, \"cpu_seconds\": {:.4f}}}\n",
             Write(*history, file), seconds.count(), cpu_seconds);
  return file.good() ? 0 : 1;
}
