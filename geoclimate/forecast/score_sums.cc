#include "geoclimate/forecast/score_sums.h"

#include <algorithm>
#include <cmath>

#include "geoclimate/airquality/aqi.h"

namespace geoclimate::forecast {
namespace {

using airquality::IssuedForecast;
using airquality::Pollutant;

constexpr int kAlertAqi = 100;

bool Given(float value) {
  return !std::isnan(value);
}

airquality::AqiValue AqiOf(Pollutant pollutant, float concentration) {
  return airquality::Aqi(pollutant,
                         airquality::Concentration::FromDouble(static_cast<double>(concentration)));
}

enum class Came : bool { kNo, kYes };

void Count(bool warned, Came came, Contingency& sums) {
  const bool event = came == Came::kYes;
  sums.hits += warned && event ? 1 : 0;
  sums.misses += !warned && event ? 1 : 0;
  sums.false_alarms += warned && !event ? 1 : 0;
}

void AddMethod(float mean, const airquality::AqiValue& aqi, float observed,
               const airquality::AqiValue& observed_aqi, MethodSums& sums) {
  const double error = static_cast<double>(mean) - static_cast<double>(observed);
  sums.squared_error += error * error;
  sums.absolute_error += std::abs(error);
  sums.error += error;
  sums.absolute_aqi_error += std::abs(static_cast<double>(aqi.aqi) - observed_aqi.aqi);
  sums.category_hits += aqi.category == observed_aqi.category ? 1 : 0;
  Count(aqi.aqi > kAlertAqi, observed_aqi.aqi > kAlertAqi ? Came::kYes : Came::kNo, sums.over_100);
}

void AddInterval(const IssuedForecast& given, float observed, ScoreSums& sums) {
  const auto p10 = static_cast<double>(given.p10);
  const auto p90 = static_cast<double>(given.p90);
  ++sums.interval_rows;
  sums.inside += given.p10 <= observed && observed <= given.p90 ? 1 : 0;
  sums.width += p90 - p10;
  sums.interval_score += IntervalScore(p10, p90, static_cast<double>(observed));
}

void AddQuantiles(const JudgedForecast& judged, ScoreSums& sums) {
  const IssuedForecast& given = judged.forecast;
  const GivenQuantiles quantiles = {given.p10, given.p50, given.p90};
  const double crps =
      CrpsFromQuantiles(kGivenLevels, quantiles, static_cast<double>(judged.observed));
  ++sums.quantile_rows;
  sums.crps += crps;
  const auto weights = PitWeights(quantiles, judged.observed);
  for (std::size_t bin = 0; bin < kPitBins; ++bin) sums.pit[bin] += weights[bin];
  // Either all baselines have enough past errors or none: they were made for the same days.
  if (!Given(judged.dressed_crps[0])) return;
  ++sums.dressed_rows;
  sums.crps_where_dressed += crps;
  for (std::size_t b = 0; b < kBaselineCount; ++b) {
    sums.dressed_crps[b] += static_cast<double>(judged.dressed_crps[b]);
  }
}

void AddProbability(float given, bool persisted, Came came, ScoreSums& sums) {
  const auto probability = static_cast<double>(given);
  const double event = came == Came::kYes ? 1 : 0;
  ++sums.probability_rows;
  sums.squared_probability_error += (probability - event) * (probability - event);
  sums.persistence_probability_error += persisted == (came == Came::kYes) ? 0 : 1;
  // In float, in which the bins' edges 0.1, 0.2, ... are what files write.
  const auto bin =
      std::min(static_cast<std::size_t>(given * float{kReliabilityBins}), kReliabilityBins - 1);
  ++sums.reliability[bin].rows;
  sums.reliability[bin].probability += probability;
  sums.reliability[bin].events += event;
}

}  // namespace

void ScoreSums::Add(const JudgedForecast& judged, const ScoreRules& rules) {
  const IssuedForecast& given = judged.forecast;
  const airquality::AqiValue observed_aqi = AqiOf(given.pollutant, judged.observed);
  const Came came = observed_aqi.aqi > kAlertAqi ? Came::kYes : Came::kNo;
  ++rows;
  events += came == Came::kYes ? 1 : 0;
  bool persisted = false;
  for (std::size_t b = 0; b < kBaselineCount; ++b) {
    const airquality::AqiValue aqi = AqiOf(given.pollutant, judged.baselines[b]);
    AddMethod(judged.baselines[b], aqi, judged.observed, observed_aqi, baselines[b]);
    if (kBaselines[b] == Baseline::kPersistence) persisted = aqi.aqi > kAlertAqi;
  }
  const auto warn = [&](AlertRule rule, bool warned) {
    AlertSums& sums = alerts[static_cast<std::size_t>(rule)];
    Count(warned, came, sums.forecast);
    Count(persisted, came, sums.persistence);
  };
  if (Given(given.mean) || Given(given.p50)) {
    const float mean = Given(given.mean) ? given.mean : given.p50;
    const airquality::AqiValue aqi =
        AqiOf(given.pollutant, Given(given.p50) ? given.p50 : given.mean);
    ++point_rows;
    AddMethod(mean, aqi, judged.observed, observed_aqi, forecast);
    for (std::size_t b = 0; b < kBaselineCount; ++b) {
      const double error =
          static_cast<double>(judged.baselines[b]) - static_cast<double>(judged.observed);
      point_squared_error[b] += error * error;
    }
    warn(AlertRule::kMedian, aqi.aqi > kAlertAqi);
  }
  if (Given(given.p90)) {
    warn(AlertRule::kUpper, AqiOf(given.pollutant, given.p90).aqi > kAlertAqi);
  }
  if (Given(given.p10) && Given(given.p90)) AddInterval(given, judged.observed, *this);
  if (Given(given.p10) && Given(given.p50) && Given(given.p90)) AddQuantiles(judged, *this);
  if (Given(given.probability_over_100)) {
    AddProbability(given.probability_over_100, persisted, came, *this);
    // Rounded as the file's number was: 0.7 is a little less than that in float.
    warn(AlertRule::kProbability,
         given.probability_over_100 >= static_cast<float>(rules.alert_threshold));
  }
}

ScoreSums& ScoreSums::operator+=(const ScoreSums& other) {
  auto numbers = ToDoubles(*this);
  const auto more = ToDoubles(other);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] += more[i];
  *this = FromDoubles<ScoreSums>(numbers);
  return *this;
}

}  // namespace geoclimate::forecast
