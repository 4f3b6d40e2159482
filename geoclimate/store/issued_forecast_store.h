#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "geoclimate/airquality/forecast.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"

namespace geoclimate::store {

// Forecasts whose valid day lies in [from, to]. An empty field does not restrict.
struct IssuedForecastQuery {
  base::LocalDay from;
  base::LocalDay to;
  std::optional<airquality::Pollutant> pollutant;
  std::optional<int> horizon_days;
};

// Every forecast that was given out, kept to be judged once its day has been measured. Lives in
// the observations' database; errors as ObservationStore's.
//
// Thread-safe.
class IssuedForecastStore {
 public:
  virtual ~IssuedForecastStore() = default;

  // In one transaction, durable when it returns success; gives how many changed the store. One
  // forecast is kept a (site, pollutant, issue_day, horizon_days, model_id): the one with the
  // greatest issued_at, so putting the same again, or an older one, changes nothing. The sites
  // need not be known. kInvalidArgument, naming the forecast and with nothing kept: a value that
  // is not finite, or horizon_days below 1.
  virtual base::Result<std::uint64_t> Put(
      std::span<const airquality::IssuedForecast> forecasts) = 0;

  // Calls `visit` in the order of (valid_day, site, pollutant, horizon_days). Of several models'
  // forecasts for one (site, pollutant, issue_day, horizon_days) only the one issued last (then
  // the greatest model_id) is given. A consistent snapshot.
  virtual base::Result<void> Visit(
      const IssuedForecastQuery& query,
      const std::function<void(const airquality::IssuedForecast&)>& visit) = 0;
};

}  // namespace geoclimate::store
