#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geoclimate/store/copy_source.h"
#include "geoclimate/store/issued_forecast_store.h"
#include "geoclimate/store/postgres/database.h"
#include "geoclimate/store/postgres/write_transaction.h"

namespace geoclimate::store::postgres {

class PostgresIssuedForecastStore final : public IssuedForecastStore, public EveryForecastSource {
 public:
  explicit PostgresIssuedForecastStore(std::shared_ptr<Database> database)
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
  using ModelIds = std::map<std::string, std::int32_t, std::less<>>;

  // The ids of the forecasts' models; those that are new are deferred.
  static base::Result<ModelIds> NumberModels(WriteTransaction& transaction,
                                             std::span<const airquality::IssuedForecast> forecasts);
  // Gives how many changed the store.
  static base::Result<std::uint64_t> PutPart(WriteTransaction& transaction, const ModelIds& models,
                                             std::span<const airquality::IssuedForecast> forecasts);

  const std::shared_ptr<Database> database_;
};

}  // namespace geoclimate::store::postgres
