// feature_rows HISTORY.csv POLLUTANT THREADS [ROWS.bin]
//
// Builds a feature row for every site and day of HISTORY.csv
// (pollutant,site,latitude,longitude,day,value; README.md) that has a value of POLLUTANT and prints
// one line of JSON: rows, columns, seconds. With ROWS.bin it writes the rows there (float,
// row-major, by site and day) and the columns' names, one a line, to ROWS.bin.columns.

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "geoclimate/features/feature_builder.h"

namespace {

using geoclimate::airquality::Pollutant;
using geoclimate::airquality::SiteId;
using geoclimate::features::FeatureBuilder;
using geoclimate::features::RowKey;
using geoclimate::features::SiteHistory;

std::vector<std::string> Split(const std::string& line) {
  std::vector<std::string> fields;
  std::stringstream stream(line);
  for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
  return fields;
}

SiteHistory ReadHistory(const std::string& path) {
  SiteHistory::Builder builder;
  std::ifstream file(path);
  std::vector<SiteId> known;
  std::string line;
  std::getline(file, line);
  struct Value {
    Pollutant pollutant;
    SiteId site;
    geoclimate::base::LocalDay day;
    float value;
  };
  std::vector<Value> values;
  std::vector<bool> seen(101 * 10'000'000);
  while (std::getline(file, line)) {
    const std::vector<std::string> fields = Split(line);
    const SiteId id = *SiteId::Parse(fields.at(1));
    if (!seen[id.number()]) {
      seen[id.number()] = true;
      geoclimate::airquality::Site site;
      site.id = id;
      if (!fields.at(2).empty()) site.coordinates = {std::stod(fields[2]), std::stod(fields.at(3))};
      builder.AddSite(site);
    }
    values.push_back({*geoclimate::airquality::ParsePollutant(fields.at(0)), id,
                      *geoclimate::base::ParseDay(fields.at(4)), std::stof(fields.at(5))});
  }
  for (const Value& value : values)
    builder.Set(value.pollutant, value.site, value.day, value.value);
  return std::move(builder).Finish();
}

std::vector<RowKey> EveryValue(const SiteHistory& history, Pollutant pollutant) {
  std::vector<RowKey> keys;
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    const SiteHistory::Series series = history.Get(pollutant, site);
    for (std::size_t i = 0; i < series.values.size(); ++i) {
      if (!std::isnan(series.values[i]))
        keys.push_back({site, series.first_day + std::chrono::days(i)});
    }
  }
  return keys;
}

double Seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: feature_rows HISTORY.csv POLLUTANT THREADS [ROWS.bin]\n", stderr);
    return 2;
  }
  const SiteHistory history = ReadHistory(argv[1]);
  const Pollutant pollutant = *geoclimate::airquality::ParsePollutant(argv[2]);
  const std::vector<RowKey> keys = EveryValue(history, pollutant);

  const std::clock_t cpu_begin = std::clock();
  const auto begin = std::chrono::steady_clock::now();
  const FeatureBuilder builder(history);
  const auto prepared = std::chrono::steady_clock::now();
  const auto matrix = builder.Build(pollutant, keys, std::atoi(argv[3]));
  const auto end = std::chrono::steady_clock::now();
  const double cpu_seconds = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
  fmt::print(
      "{{\"rows\": {}, \"columns\": {}, \"prepare_seconds\": {:.4f}, \"seconds\": {:.4f}, "
      "\"cpu_seconds\": {:.4f}}}\n",
      matrix.rows, matrix.columns, Seconds(prepared - begin), Seconds(end - begin), cpu_seconds);

  if (argc > 4) {
    std::ofstream rows(argv[4], std::ios::binary);
    rows.write(reinterpret_cast<const char*>(matrix.values.data()),
               static_cast<std::streamsize>(matrix.values.size() * sizeof(float)));
    std::ofstream columns(std::string(argv[4]) + ".columns");
    for (const auto& feature : FeatureBuilder::Schema(pollutant).features())
      columns << feature.name << '\n';
  }
  return 0;
}
