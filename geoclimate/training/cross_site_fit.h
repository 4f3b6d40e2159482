#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/training/fit.h"
#include "geoclimate/training/training_options.h"
#include "geoclimate/training/training_rows.h"

namespace geoclimate::training {

// Rows of places: none holds a value of its own site, and each says whose it is.
struct PlaceTrainingRows {
  TrainingRows rows;
  std::span<const std::size_t> sites;  // by row
};

// Into so many groups of sites, each judged by a fit that did not see it. More come closer to the
// fit of all and take longer.
inline constexpr int kSiteFolds = 4;

// As Fit(), for forecasters of places that no fit has seen. In each of kSiteFolds folds the members
// are fitted on the fit block of the other folds' sites and stopped early on the calibrate block of
// the fold's own; the errors that these fits make at the sites they did not see, on later days,
// say how far the members are trusted, calibrate the interval and make the report. Members that do
// not beat their baseline on the evaluate block whichever fold's sites are left out are not trusted
// at all, and so beat nothing (FitReport::beats_baselines()). What is published is then fitted on
// every row of every site, for the mean of the folds' rounds.
//
// Deterministic. Fit()'s errors; kFailedPrecondition also when fewer than two sites measure in the
// calibrate block, or the sites outside a fold have fewer than BlockOptions::min_rows rows.
base::Result<TrainedForecaster> FitAcrossSites(const TrainingOptions& options,
                                               const PlaceTrainingRows& places,
                                               const std::function<void()>& after_step = nullptr);
int CrossSiteFitSteps(const TrainingOptions& options);

// Forecasters of which none has seen the sites that it is for: what a backtest of unseen sites
// asks. Fitted as above, but at the end once a fold, on every row of the other folds' sites, with
// an interval from the errors at these.
struct HeldOutFits {
  std::vector<TrainedForecaster> by_fold;   // each with the report over all folds
  std::map<std::size_t, int> fold_of_site;  // which of them has not seen the site
  // A site that is in no fold has been seen by none; the number decides.
  int FoldOf(std::size_t site) const;
};
base::Result<HeldOutFits> FitHeldOutSites(const TrainingOptions& options,
                                          const PlaceTrainingRows& places);

}  // namespace geoclimate::training
