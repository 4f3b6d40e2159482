#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "geoclimate/airquality/basis.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/training/training_options.h"

namespace geoclimate::backtest {

struct BacktestOptions {
  // First and last issue day, both included.
  base::LocalDay from;
  base::LocalDay to;
  // Days between two fits. Smaller follows the world more closely and takes longer.
  int refit_days = 90;
  // Each once; forecasts come in this order.
  std::vector<airquality::Pollutant> pollutants;
  std::vector<int> horizons = {1, 2, 3};
  // The share of the sites, in [0, 1), that no fit and no calibration sees. With more than 0 only
  // these are forecast: what the forecasts are worth at a site that is new.
  double hold_out_share = 0;
  // From neighbours: every site is forecast as if it had never measured, by fits that have not seen
  // it (training/cross_site_fit.h). Takes no hold_out_share, and of knowledge no weather.
  airquality::Basis basis = airquality::Basis::kSite;
  // Fits that run side by side. Changes only the time and the memory it takes.
  int threads = 1;
  // What rows and fits may take, besides the history itself. With less, fewer fits run side by
  // side, and it takes longer; one always runs.
  std::size_t memory_bytes = std::size_t{3} << 30;
  training::TrainingOptions training;

  base::Result<void> Validate() const;
};

// Whether the site is of the share that is held out: by its id alone, so that the same sites are
// held out whatever else there is.
bool HeldOut(airquality::SiteId site, double share);

// One fit and the days it speaks for.
struct Origin {
  base::LocalDay day;             // fitted on rows whose valid day lies before it
  base::LocalDay last_issue_day;  // forecasts from `day` to this one, both included
  int number = 1;                 // 1 for the first
};

// Every refit_days from `from`.
std::vector<Origin> Origins(const BacktestOptions& options);

// All of the options that decide what a piece holds, as text: equal text, equal pieces of the same
// history and program.
std::string DescribeSettings(const BacktestOptions& options);

}  // namespace geoclimate::backtest
