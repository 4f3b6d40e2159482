#include "geoclimate/forecast/issued_calibration.h"

#include <chrono>
#include <cmath>
#include <optional>
#include <vector>

#include "geoclimate/airquality/breakpoints.h"
#include "geoclimate/forecast/model_name.h"
#include "geoclimate/forecast/row_forecast.h"

namespace geoclimate::forecast {
namespace {

// One valid day's forecasts, by pollutant and horizon - 1.
using DayOfForecasts = std::array<std::array<std::vector<VerifiedForecast>, kMaxHorizonDays>,
                                  airquality::kPollutantCount>;

class Learner {
 public:
  explicit Learner(const features::SiteHistory& history) : history_(history) {
    for (const airquality::Pollutant pollutant : airquality::kPollutants) {
      calibrations_[static_cast<std::size_t>(airquality::Index(pollutant))].fill(
          OnlineCalibration(pollutant));
    }
  }

  // In the order of valid days.
  void Add(const airquality::IssuedForecast& forecast) {
    if (BasisOfModel(forecast.model_id) == airquality::Basis::kNeighbours) return;
    if (forecast.horizon_days < 1 || forecast.horizon_days > kMaxHorizonDays) return;
    const std::optional<std::size_t> site = history_.FindSite(forecast.site);
    if (!site) return;
    const float observed = history_.Get(forecast.pollutant, *site).At(forecast.valid_day());
    if (!std::isfinite(observed)) return;
    if (forecast.valid_day() != day_) EndDay();
    day_ = forecast.valid_day();
    const auto pollutant = static_cast<std::size_t>(airquality::Index(forecast.pollutant));
    const auto horizon = static_cast<std::size_t>(forecast.horizon_days - 1);
    verified_[pollutant][horizon].push_back(
        Verified(airquality::NewestTable(forecast.pollutant), forecast, observed));
  }

  Calibrations Take() {
    EndDay();
    return std::move(calibrations_);
  }

 private:
  void EndDay() {
    for (std::size_t pollutant = 0; pollutant < verified_.size(); ++pollutant) {
      for (std::size_t horizon = 0; horizon < verified_[pollutant].size(); ++horizon) {
        calibrations_[pollutant][horizon].Learn(verified_[pollutant][horizon]);
        verified_[pollutant][horizon].clear();
      }
    }
  }

  const features::SiteHistory& history_;
  base::LocalDay day_{};
  DayOfForecasts verified_;
  Calibrations calibrations_;
};

}  // namespace

base::Result<Calibrations> LearnFromIssued(store::IssuedForecastStore& issued,
                                           const features::SiteHistory& history,
                                           base::LocalDay as_of) {
  Learner learner(history);
  GC_RETURN_IF_ERROR(issued.Visit(
      {.from = as_of - std::chrono::days(kMemoryDays - 1),
       .to = as_of,
       .pollutant = {},
       .horizon_days = {}},
      [&learner](const airquality::IssuedForecast& forecast) { learner.Add(forecast); }));
  return learner.Take();
}

}  // namespace geoclimate::forecast
