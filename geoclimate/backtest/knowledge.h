#pragma once

#include <chrono>
#include <string_view>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/forecast/vintage_history.h"

namespace geoclimate::backtest {

// What is known when, and the truth. A view: what it is made of must outlive it. Thread-safe.
class Knowledge {
 public:
  // A value of day T is known at the end of T, whatever its source, and that is when forecasts are
  // issued.
  static Knowledge Archive(const features::SiteHistory& history) { return {history, nullptr}; }
  // A value is known once it was available, in the version of then; forecasts are issued at
  // forecast::kIssueTime.
  static Knowledge Operational(const forecast::VintageHistory& vintages) {
    return {vintages.truth(), &vintages};
  }

  // Everything that was ever measured.
  const features::SiteHistory& truth() const { return truth_; }
  // Null for an archive.
  const forecast::VintageHistory* vintages() const { return vintages_; }
  std::string_view name() const { return vintages_ == nullptr ? "archive" : "operational"; }

  // The value of `day` as an issue of `issue_day` knows it; NaN while it does not. `site` is an
  // index into truth().sites().
  float ValueKnownAt(airquality::Pollutant pollutant, std::size_t site, base::LocalDay day,
                     base::LocalDay issue_day) const;
  // What is not known so many days after its day never will be.
  std::chrono::days longest_wait() const;

 private:
  Knowledge(const features::SiteHistory& truth, const forecast::VintageHistory* vintages)
      : truth_(truth), vintages_(vintages) {}
  const features::SiteHistory& truth_;
  const forecast::VintageHistory* vintages_;
};

}  // namespace geoclimate::backtest
