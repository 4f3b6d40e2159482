#pragma once

#include <array>
#include <span>

#include "geoclimate/model/forecaster.h"

namespace geoclimate::forecast {

// A forecast that was given out and what was then measured.
struct VerifiedForecast {
  std::array<float, model::kQuantileLevels.size()> quantiles{};  // as they were given out
  float observed = 0;
};

// Keeps the quantiles of one pollutant and lead time honest while the world changes: each level is
// read from the model's distribution a little higher or lower, by what the forecasts already
// verified have shown. Adaptive conformal inference (I. Gibbs and E. Candes, NeurIPS 2021) by days,
// with the level in log-odds, where a tail's quantile is nearly linear in it:
//
//   shift[k] += rate * n / (n + crowd) * (level[k] - share of the n observations <= quantile k)
//
// Whatever the errors do, in the long run each quantile holds its share of the days' rows.
//
// A state machine without a clock: the same batches in the same order give the same state. Batches
// are days; within one the order does not matter. A value of a hundred bytes, part of the forecast
// table.
class OnlineCalibration {
 public:
  using Shifts = std::array<double, model::kQuantileLevels.size()>;

  // Larger follows changes faster and wanders more. Chosen on EPA's daily files: half the way back
  // after a jump takes about two weeks.
  static constexpr double kRate = 0.5;
  // A day of so many rows counts half: few rows say little.
  static constexpr double kCrowd = 10;

  OnlineCalibration() = default;
  // From a kept state; finite.
  explicit OnlineCalibration(const Shifts& shifts) : shifts_(shifts) {}

  // One day's verified forecasts. An empty day changes nothing.
  void Learn(std::span<const VerifiedForecast> day);

  // The distribution with its quantiles corrected, ascending; the mean stays. A new state gives
  // `distribution` back, bit for bit.
  model::Distribution Apply(const model::Distribution& distribution) const;

  // In log-odds, by level.
  const Shifts& shifts() const { return shifts_; }
  friend bool operator==(const OnlineCalibration&, const OnlineCalibration&) = default;

 private:
  Shifts shifts_{};
};

}  // namespace geoclimate::forecast
