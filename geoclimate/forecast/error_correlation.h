#pragma once

#include <array>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/features/site_history.h"

namespace geoclimate::forecast {

// How the errors of two pollutants' forecasts at one site and day go together, as the correlations
// of a Gaussian copula. By pollutant (airquality::Index) twice; symmetric, 1 on the diagonal,
// positive definite.
using ErrorCorrelations =
    std::array<std::array<double, airquality::kPollutantCount>, airquality::kPollutantCount>;

// `correlation`, in [0, 1), between any two.
ErrorCorrelations EqualCorrelations(double correlation);

// From the errors that damped persistence one day ahead makes at each site in the two years to
// `as_of`, damped as suits these years best: what a calm or a stagnant day does to several
// pollutants at once, a forecaster that knows no weather misses as it does. One matrix for every
// site and lead time. An error is divided by the site's level of the month, so that small and large
// sites count alike.
//
// A pair's Spearman correlation s gives 2 sin(pi s / 6), the correlation of normals with these
// ranks; n days with both weigh n / (n + kPriorErrorDays), kPriorErrorCorrelation the rest.
// Correlations that no normals can have together, being made of different days, are drawn towards 0
// until they can.
//
// Reads nothing after `as_of`; the same history up to it gives the same numbers.
ErrorCorrelations EstimateErrorCorrelations(const features::SiteHistory& history,
                                            base::LocalDay as_of);

inline constexpr double kPriorErrorCorrelation = 0.3;
inline constexpr double kPriorErrorDays = 60;

// Whether normals can have these correlations; false when one is not finite.
bool ArePositiveDefinite(const ErrorCorrelations& correlations);

// The lower triangular matrix L with L L' = `correlations`, which must be positive definite.
ErrorCorrelations CholeskyFactor(const ErrorCorrelations& correlations);

}  // namespace geoclimate::forecast
