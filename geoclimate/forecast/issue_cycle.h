#pragma once

#include <array>
#include <string>
#include <vector>

#include "geoclimate/airquality/forecast.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/features/weather_history.h"
#include "geoclimate/forecast/forecast_table.h"
#include "geoclimate/forecast/row_forecast.h"

namespace geoclimate::forecast {

struct IssueModels {
  // By pollutant and horizon - 1.
  using ByHorizon =
      std::array<std::array<HorizonModels, kMaxHorizonDays>, airquality::kPollutantCount>;
  ByHorizon by_horizon;
  // Forecasters of places, whose rows are of features::PlaceSchema(). What they say is given out as
  // it is, whatever their `calibration`: who has no values of its own hardly teaches one.
  ByHorizon of_places = {};

  HorizonModels& At(airquality::Pollutant pollutant, int horizon_days,
                    airquality::Basis basis = airquality::Basis::kSite) {
    ByHorizon& models = basis == airquality::Basis::kSite ? by_horizon : of_places;
    return models[static_cast<std::size_t>(airquality::Index(pollutant))]
                 [static_cast<std::size_t>(horizon_days - 1)];
  }
  const HorizonModels& At(airquality::Pollutant pollutant, int horizon_days,
                          airquality::Basis basis = airquality::Basis::kSite) const {
    return const_cast<IssueModels*>(this)->At(pollutant, horizon_days, basis);
  }
};

struct IssueOptions {
  // The last day whose values are used.
  base::LocalDay as_of;
  base::Timestamp issued_at;
  int threads = 1;  // changes only the time it takes
  // For models that were trained with weather; may be null. What was issued after the end of as_of
  // is not read. Must outlive the issue.
  const features::WeatherHistory* weather = nullptr;

  base::Result<void> Validate() const;
};

// Computes the forecasts of every site at the end of options.as_of, pollutant by pollutant. A site
// with a value of the last kRecent days (recency.h) is forecast by the production model, or by the
// fallback where there is none. Of the others, those near sites that report (place_rows.h) are
// forecast from these by the forecasters of places; one that is not, but has an older value of the
// last 30 days, by the fallback without it, from its mean alone (climatology_fallback). Nothing in
// `history` after that day is read; the same history up to it gives the same table, bit for bit.
//
// A model that was trained with weather and is given none of it is left out and its fallback
// forecasts, labelled so; a warning is logged.
//
// kFailedPrecondition, saying so, when no site has a value of the last 30 days of a pollutant with
// a model, or all models are left out; kInvalidArgument when a model's schema is not the one that
// FeatureBuilder builds, or its pollutant or horizon is another.
base::Result<TableContent> Issue(const features::SiteHistory& history, const IssueModels& models,
                                 const IssueOptions& options);

// The table's forecasts, those from neighbours among them, in the form in which they are kept to be
// judged (store::IssuedForecastStore).
std::vector<airquality::IssuedForecast> IssuedForecasts(const TableContent& content);

}  // namespace geoclimate::forecast
