#pragma once

#include <span>

namespace geoclimate::training {

// Of members that were trusted fully (model::Forecaster::trust is 1), the trust in [0, 1] with the
// least squared error: of rows that they have not seen, what their baseline said, what they said
// and what came. 1 where they said nothing but their baseline.
double BestTrust(std::span<const double> baselines, std::span<const double> means,
                 std::span<const double> targets);

}  // namespace geoclimate::training
