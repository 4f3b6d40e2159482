// What writing and reading cost: postgres_cost insert ROWS | postgres_cost read COUNT. The
// database's URL is in the variable DATABASE_URL. Prints the seconds that it took.

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/store/postgres/database.h"
#include "geoclimate/store/postgres/postgres_store.h"

namespace geoclimate::store {
namespace {

using Seconds = std::chrono::duration<double>;

PostgresOptions Options() {
  PostgresOptions options;
  const char* url = std::getenv("DATABASE_URL");
  GC_CHECK(url != nullptr, "DATABASE_URL is set");
  options.url = url;
  return options;
}

// Daily values as an archive has them: 500 sites, one after the other, day by day.
std::vector<airquality::Observation> Rows(std::size_t count, std::vector<airquality::Site>& sites) {
  constexpr std::size_t kSites = 500;
  std::mt19937 random(1);
  std::vector<airquality::Observation> rows;
  rows.reserve(count);
  for (std::size_t i = 0; i < kSites; ++i) {
    airquality::Site& site = sites.emplace_back();
    site.id = airquality::SiteId::FromParts(6, static_cast<std::uint32_t>(i), 1);
    site.name = "Site " + std::to_string(i);
    for (std::size_t day = 0; day < count / kSites; ++day) {
      airquality::Observation& row = rows.emplace_back();
      row.key.site = site.id;
      row.key.parameter = 88101;
      row.key.poc = 1;
      row.key.start = base::DayStart(base::DayFromNumber(static_cast<int>(day)), {});
      row.value = airquality::Concentration::FromMicro(static_cast<int>(random() % 50'000'000));
      row.completeness = 100;
    }
  }
  return rows;
}

Seconds Insert(std::size_t count) {
  const base::SystemClock clock;
  std::vector<airquality::Site> sites;
  const std::vector<airquality::Observation> rows = Rows(count, sites);
  auto stores = OpenPostgresStores(Options(), clock);
  GC_CHECK(stores.ok(), stores.error().ToString().c_str());
  const auto begin = std::chrono::steady_clock::now();
  auto writer = stores->observations->BeginWrite("archive");
  GC_CHECK(writer.ok() && (*writer)->PutSites(sites).ok() &&
               (*writer)->Append(rows, std::nullopt).ok() && (*writer)->Commit().ok(),
           "the rows are written");
  return std::chrono::steady_clock::now() - begin;
}

Seconds Read(std::size_t count) {
  const base::SystemClock clock;
  const auto database = postgres::Database::Open(Options(), clock, {});
  GC_CHECK(database.ok(), database.error().ToString().c_str());
  std::mt19937 random(1);
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < count; ++i) {
    auto lease = (*database)->Connect();
    GC_CHECK(lease.ok(), "a connection is lent");
    const std::string name = std::to_string(1 + random() % 5000);
    const auto rows = (*lease)->RunOne({"find_origin", postgres::Parameters().Text(name)});
    GC_CHECK(rows.ok() && !rows->IsNull(0, 0), "the row is there");
  }
  return std::chrono::steady_clock::now() - begin;
}

}  // namespace
}  // namespace geoclimate::store

int main(int argc, char** argv) {
  GC_CHECK(argc == 3, "postgres_cost insert ROWS | postgres_cost read COUNT");
  const std::size_t count = std::stoul(argv[2]);
  const bool insert = std::string_view(argv[1]) == "insert";
  const auto took = insert ? geoclimate::store::Insert(count) : geoclimate::store::Read(count);
  std::cout << took.count() << '\n';
  return 0;
}
