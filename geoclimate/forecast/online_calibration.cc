#include "geoclimate/forecast/online_calibration.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "geoclimate/forecast/distribution.h"

namespace geoclimate::forecast {
namespace {

// exp() of more is no level that differs from 0 or 1.
constexpr double kMaxLogOdds = 30;

constexpr auto& kLevels = model::kQuantileLevels;
constexpr auto& kLearnt = OnlineCalibration::kLearntLevels;

double LogOdds(double level) {
  return std::log(level / (1 - level));
}

double Moved(double level, double shift) {
  const double log_odds = std::clamp(LogOdds(level) + shift, -kMaxLogOdds, kMaxLogOdds);
  return 1 / (1 + std::exp(-log_odds));
}

// The shift of any level: a straight line in log-odds between learnt levels, their own beyond them.
double ShiftAt(const OnlineCalibration::Shifts& shifts, double level) {
  if (level <= kLevels[kLearnt.front()]) return shifts.front();
  if (level >= kLevels[kLearnt.back()]) return shifts.back();
  std::size_t above = 1;
  while (kLevels[kLearnt[above]] < level) ++above;
  const double low = LogOdds(kLevels[kLearnt[above - 1]]);
  const double high = LogOdds(kLevels[kLearnt[above]]);
  const double share = (LogOdds(level) - low) / (high - low);
  return shifts[above - 1] + share * (shifts[above] - shifts[above - 1]);
}

// What a group's rows of a day held.
struct Held {
  std::array<int, kLearnt.size()> at_most{};
  int rows = 0;

  void Add(const VerifiedForecast& forecast) {
    ++rows;
    for (std::size_t k = 0; k < at_most.size(); ++k) {
      at_most[k] += forecast.observed <= forecast.quantiles[k] ? 1 : 0;
    }
  }
  void Teach(const OnlineCalibration::Pace& pace, OnlineCalibration::Shifts& shifts) const {
    if (rows == 0) return;
    const double weight = rows / (rows + pace.crowd);
    for (std::size_t k = 0; k < shifts.size(); ++k) {
      const double share = static_cast<double>(at_most[k]) / rows;
      shifts[k] = (1 - pace.decay * weight) * shifts[k] +
                  pace.rate * weight * (kLevels[kLearnt[k]] - share);
    }
  }
};

void AddTo(OnlineCalibration::Shifts& sum, const OnlineCalibration::Shifts& shifts) {
  for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += shifts[k];
}

}  // namespace

OnlineCalibration::OnlineCalibration(airquality::Pollutant pollutant) {
  if (pollutant == airquality::Pollutant::kPm25) smoke_ = {-kSmokeShift, 0, kSmokeShift};
}

std::size_t OnlineCalibration::LevelOf(std::int32_t mean_aqi) {
  return static_cast<std::size_t>(std::ranges::lower_bound(kLevelEdges, mean_aqi) -
                                  kLevelEdges.begin());
}

void OnlineCalibration::Learn(std::span<const VerifiedForecast> day) {
  Held all;
  std::array<Held, kLevelEdges.size() + 1> by_level;
  for (const VerifiedForecast& forecast : day) {
    all.Add(forecast);
    by_level[LevelOf(forecast.mean_aqi)].Add(forecast);
    if (!forecast.site) continue;
    Held of_site;
    of_site.Add(forecast);
    of_site.Teach(kSitePace, by_site_[*forecast.site]);
  }
  all.Teach(kAllPace, all_);
  for (std::size_t level = 0; level < by_level.size(); ++level) {
    by_level[level].Teach(kLevelPace, by_level_[level]);
  }
  LearnProbability(day);
}

// Sums in whole 2^-40ths, so that they do not depend on the order of the rows.
void OnlineCalibration::LearnProbability(std::span<const VerifiedForecast> day) {
  constexpr double kUnit = 0x1p40;
  std::int64_t surprise = 0;
  std::int64_t variance = 0;
  for (const VerifiedForecast& forecast : day) {
    const auto p = static_cast<double>(forecast.probability_over_100);
    surprise += std::llround(((forecast.over_100 ? 1 : 0) - p) * kUnit);
    variance += std::llround(p * (1 - p) * kUnit);
  }
  const double known = static_cast<double>(variance) / kUnit;
  const double all = known + kProbabilityPace.crowd;
  probability_shift_ = (1 - kProbabilityPace.decay * known / all) * probability_shift_ +
                       kProbabilityPace.rate * (static_cast<double>(surprise) / kUnit) / all;
}

double OnlineCalibration::ApplyToProbability(double probability) const {
  if (probability <= 0 || probability >= 1 || probability_shift_ == 0) return probability;
  return Moved(probability, probability_shift_);
}

model::Distribution OnlineCalibration::Apply(const model::Distribution& distribution,
                                             std::optional<airquality::SiteId> site,
                                             std::int32_t mean_aqi) const {
  Shifts shifts = all_;
  const std::size_t level = LevelOf(mean_aqi);
  AddTo(shifts, by_level_[level]);
  if (level == kLevelEdges.size()) AddTo(shifts, smoke_);
  if (site) {
    const auto of_site = by_site_.find(*site);
    if (of_site != by_site_.end()) AddTo(shifts, of_site->second);
  }
  model::Distribution corrected = distribution;
  for (std::size_t k = 0; k < kLevels.size(); ++k) {
    const double shift = ShiftAt(shifts, kLevels[k]);
    if (shift != 0) {
      corrected.quantiles[k] =
          static_cast<float>(QuantileAt(distribution, Moved(kLevels[k], shift)));
    }
    if (k > 0) {
      corrected.quantiles[k] = std::max(corrected.quantiles[k], corrected.quantiles[k - 1]);
    }
  }
  return corrected;
}

}  // namespace geoclimate::forecast
