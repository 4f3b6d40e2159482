#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace geoclimate::forecast {

// The levels of the quantiles that forecasts give: p10, p50, p90.
inline constexpr std::array<double, 3> kGivenLevels = {0.1, 0.5, 0.9};
using GivenQuantiles = std::array<float, kGivenLevels.size()>;
// Below p10, p10 to p50, p50 to p90, above p90.
inline constexpr std::size_t kPitBins = kGivenLevels.size() + 1;
// The share of days that belongs into each.
inline constexpr std::array<double, kPitBins> kPitExpected = {0.1, 0.4, 0.4, 0.1};

// The continuous ranked probability score of a distribution known by some of its quantiles: twice
// the pinball loss, each level weighing as much of (0, 1) as lies nearer to it than to the others
// (T. Gneiting and R. Ranjan, J. Bus. Econ. Stat. 29(3), 2011, eq. 8). With one value for all
// quantiles it is |value - observed|. `levels` ascend within (0, 1).
double CrpsFromQuantiles(std::span<const double> levels, std::span<const float> quantiles,
                         double observed);

// The interval score of a central 80 % interval: its width, and ten times as much as the
// observation lies outside (T. Gneiting and A. Raftery, J. Am. Stat. Assoc. 102, 2007, eq. 43, with
// alpha = 0.2). Smaller is better.
double IntervalScore(double p10, double p90, double observed);

// The bin of the probability integral transform that an observation falls into, as weights that sum
// to 1. One that equals a quantile counts half on either side; one that equals several falls into
// the bins between them, by their shares (C. Czado et al., Biometrics 65, 2009).
std::array<double, kPitBins> PitWeights(const GivenQuantiles& quantiles, float observed);

}  // namespace geoclimate::forecast
