#pragma once

#include <chrono>
#include <string_view>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/features/weather_columns.h"
#include "geoclimate/features/weather_history.h"
#include "geoclimate/forecast/vintage_history.h"

namespace geoclimate::backtest {

// What is known when, and the truth. A view: what it is made of must outlive it. Thread-safe.
class Knowledge {
 public:
  // A value of day T is known at the end of T, whatever its source, and that is when forecasts are
  // issued.
  // `weather` may be null; what it holds is known from the issue time of each forecast on.
  static Knowledge Archive(const features::SiteHistory& history,
                           const features::WeatherHistory* weather = nullptr) {
    return {history, nullptr, weather};
  }
  // A value is known once it was available, in the version of then; forecasts are issued at
  // forecast::kIssueTime.
  static Knowledge Operational(const forecast::VintageHistory& vintages,
                               const features::WeatherHistory* weather = nullptr) {
    return {vintages.truth(), &vintages, weather};
  }

  // Everything that was ever measured.
  const features::SiteHistory& truth() const { return truth_; }
  // Null for an archive.
  const forecast::VintageHistory* vintages() const { return vintages_; }
  // What was forecast of the weather and when, or null.
  const features::WeatherHistory* weather() const { return weather_; }
  // How far into an issue day its forecasts are issued: what is known by that second counts.
  std::chrono::seconds issue_time() const {
    return vintages_ == nullptr ? features::WeatherColumns::kEndOfDay
                                : std::chrono::seconds(forecast::kIssueTime);
  }
  std::string_view name() const { return vintages_ == nullptr ? "archive" : "operational"; }

  // The value of `day` as an issue of `issue_day` knows it; NaN while it does not. `site` is an
  // index into truth().sites().
  float ValueKnownAt(airquality::Pollutant pollutant, std::size_t site, base::LocalDay day,
                     base::LocalDay issue_day) const;
  // What is not known so many days after its day never will be.
  std::chrono::days longest_wait() const;

 private:
  Knowledge(const features::SiteHistory& truth, const forecast::VintageHistory* vintages,
            const features::WeatherHistory* weather)
      : truth_(truth), vintages_(vintages), weather_(weather) {}
  const features::SiteHistory& truth_;
  const forecast::VintageHistory* vintages_;
  const features::WeatherHistory* weather_;
};

}  // namespace geoclimate::backtest
