#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/model/forecaster.h"

namespace geoclimate::forecast {

// A forecast that was given out and what was then measured.
struct VerifiedForecast {
  std::optional<airquality::SiteId> site;  // nothing: of a place without a monitor of its own
  std::int32_t mean_aqi = 0;               // of the forecast's mean
  // p10, p50 and p90 as they were given out.
  std::array<float, 3> quantiles{};
  float probability_over_100 = 0;  // of AQI > 100, as it was given out
  float observed = 0;
  bool over_100 = false;  // whether the AQI of `observed` is
};

// Keeps the quantiles of one pollutant and lead time honest while the world changes, on clean days
// and on smoky ones, at each site: each level is read from the model's distribution a little higher
// or lower, by what the forecasts already verified have shown. Adaptive conformal inference (I.
// Gibbs and E. Candes, NeurIPS 2021) by days, with the level in log-odds, where a tail's quantile
// is nearly linear in it, and with a shift that is a sum of three: one of all rows, one of the rows
// whose mean has an AQI like this one's (to 50, to 100, above), one of the site. Each learns from
// its own n rows of a day:
//
//   w = n / (n + crowd)
//   shift[k] := (1 - decay w) shift[k] + rate w (level[k] - share of them <= quantile k)
//
// Whatever the errors do, in the long run, with days weighed by w, the share of a group's rows that
// a quantile holds differs from its level by decay / rate times the group's shift. The decay draws
// a shift back to 0 that its rows do not go on asking for, so that what is left at a site or a
// level is what sets it apart from the rest.
//
// p10, p50 and p90 learn, which is what is kept of an issued forecast; the levels between and
// beyond move as their neighbours do. A shift does not depend on the shifts before it but for the
// decay, so a state can be worked out again from the forecasts that were kept.
//
// The probability of an AQI over 100, a matter of the tail beyond the outermost quantiles, learns
// by itself, one shift in log-odds for all rows: p are the probabilities given out, o = 1 on the
// days that came to be over 100,
//
//   w = sum p (1 - p) / (sum p (1 - p) + crowd)
//   shift := (1 - decay w) shift + rate sum (o - p) / (sum p (1 - p) + crowd)
//
// a step of Newton's method for logistic regression, shortened.
//
// A state machine without a clock: the same batches in the same order give the same state. Batches
// are days; within one the order does not matter, as long as no site stands twice.
class OnlineCalibration {
 public:
  static constexpr std::array<std::size_t, 3> kLearntLevels = {model::kP10, model::kP50,
                                                               model::kP90};
  using Shifts = std::array<double, kLearntLevels.size()>;  // in log-odds

  // How a group of rows learns: rate larger follows changes faster and wanders more; decay larger
  // forgets sooner, and keeps small groups nearer to the others; a day of `crowd` rows counts half.
  struct Pace {
    double rate;
    double decay;
    double crowd;
  };
  // CRPS depends little on the level's pace (docs/adr/0010). Small decays are for the sake of
  // models and sites whose own quantiles are far off.
  static constexpr Pace kAllPace = {.rate = 0.2, .decay = 0.002, .crowd = 10};
  static constexpr Pace kLevelPace = {.rate = 0.2, .decay = 0.002, .crowd = 10};
  static constexpr Pace kSitePace = {.rate = 0.1, .decay = 0.01, .crowd = 0};
  // Here the crowd is one of expected variance, p (1 - p): twenty days at one half.
  static constexpr Pace kProbabilityPace = {.rate = 0.1, .decay = 0.01, .crowd = 5};

  // By how much p10 and p90 of PM2.5 over AQI 100 lie further out from the beginning, in log-odds.
  // That is smoke: a spread that was learnt on clean days is far too narrow for it, and a network
  // may see too few such days in years to learn it. Chosen on files of whole states, most of them
  // not in the bundled sample (docs/adr/0010); larger covers more and is wider.
  static constexpr double kSmokeShift = 1.5;

  // Changes nothing until it has learnt.
  OnlineCalibration() = default;
  // For one pollutant's forecasts: kSmokeShift for PM2.5, otherwise as above.
  explicit OnlineCalibration(airquality::Pollutant pollutant);

  // One day's verified forecasts. An empty day changes nothing.
  void Learn(std::span<const VerifiedForecast> day);

  // The distribution of a forecast with its quantiles corrected, ascending; the mean stays. A new
  // state gives `distribution` back, bit for bit, but for kSmokeShift. `mean_aqi` is the AQI of its
  // mean.
  model::Distribution Apply(const model::Distribution& distribution,
                            std::optional<airquality::SiteId> site, std::int32_t mean_aqi) const;

  // The probability that is given out where the corrected distribution says `probability`; in [0,
  // 1], ascending with it. A new state gives it back.
  double ApplyToProbability(double probability) const;

  friend bool operator==(const OnlineCalibration&, const OnlineCalibration&) = default;

 private:
  static constexpr std::array<std::int32_t, 2> kLevelEdges = {50, 100};  // AQI
  static std::size_t LevelOf(std::int32_t mean_aqi);

  void LearnProbability(std::span<const VerifiedForecast> day);

  Shifts smoke_{};  // of the highest level, added to what it learns
  Shifts all_{};
  std::array<Shifts, kLevelEdges.size() + 1> by_level_{};
  std::map<airquality::SiteId, Shifts> by_site_;
  double probability_shift_ = 0;  // in log-odds
};

}  // namespace geoclimate::forecast
