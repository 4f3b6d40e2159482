#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "geoclimate/store/copy_source.h"
#include "geoclimate/store/issued_forecast_store.h"
#include "geoclimate/store/sqlite/database.h"

namespace geoclimate::store::sqlite {

class SqliteIssuedForecastStore final : public IssuedForecastStore, public EveryForecastSource {
 public:
  explicit SqliteIssuedForecastStore(std::shared_ptr<Database> database)
      : database_(std::move(database)) {}

  base::Result<std::uint64_t> Put(std::span<const airquality::IssuedForecast> forecasts) override;
  base::Result<void> Visit(
      const IssuedForecastQuery& query,
      const std::function<void(const airquality::IssuedForecast&)>& visit) override;
  base::Result<void> VisitEvery(
      const std::function<void(const airquality::IssuedForecast&)>& visit) override;

 private:
  // Every one that the query fits, in the order of VisitEvery().
  base::Result<void> VisitRows(const IssuedForecastQuery& query,
                               const std::function<void(airquality::IssuedForecast&&)>& visit);
  const std::shared_ptr<Database> database_;
};

}  // namespace geoclimate::store::sqlite
