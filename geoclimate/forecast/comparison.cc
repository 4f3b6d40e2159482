#include "geoclimate/forecast/comparison.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "geoclimate/airquality/aqi.h"
#include "geoclimate/forecast/calendar.h"
#include "geoclimate/forecast/quantile_score.h"

namespace geoclimate::forecast {
namespace {

using airquality::IssuedForecast;

constexpr int kAlertAqi = 100;

struct ComparisonSums {
  double rows = 0;
  double squared_error = 0;
  double other_squared_error = 0;
  double quantile_rows = 0;
  double crps = 0;
  double other_crps = 0;
  double probability_rows = 0;
  double brier = 0;
  double other_brier = 0;
};
static_assert(Doubles<ComparisonSums>);

// NaN where it is not given.
double SquaredError(const IssuedForecast& forecast, float observed) {
  const float value = std::isnan(forecast.mean) ? forecast.p50 : forecast.mean;
  const double error = static_cast<double>(value) - static_cast<double>(observed);
  return error * error;
}
double Crps(const IssuedForecast& forecast, float observed) {
  const GivenQuantiles quantiles = {forecast.p10, forecast.p50, forecast.p90};
  return CrpsFromQuantiles(kGivenLevels, quantiles, static_cast<double>(observed));
}
double Brier(const IssuedForecast& forecast, float observed) {
  const auto concentration = airquality::Concentration::FromDouble(static_cast<double>(observed));
  const double event = airquality::Aqi(forecast.pollutant, concentration).aqi > kAlertAqi ? 1 : 0;
  const double error = static_cast<double>(forecast.probability_over_100) - event;
  return error * error;
}

void AddPair(double ours, double others, double& rows, double& sum, double& other_sum) {
  if (std::isnan(ours) || std::isnan(others)) return;
  ++rows;
  sum += ours;
  other_sum += others;
}

ComparisonScore Summarize(const ComparisonSums& sums) {
  const auto ratio = [](double numerator, double denominator) {
    return denominator > 0 ? numerator / denominator : std::numeric_limits<double>::quiet_NaN();
  };
  ComparisonScore score;
  score.rows = sums.rows;
  score.mse = ratio(sums.squared_error, sums.rows);
  score.other_mse = ratio(sums.other_squared_error, sums.rows);
  score.mse_difference = score.mse - score.other_mse;
  score.mse_skill = 1 - ratio(score.mse, score.other_mse);
  score.quantile_rows = sums.quantile_rows;
  score.crps = ratio(sums.crps, sums.quantile_rows);
  score.other_crps = ratio(sums.other_crps, sums.quantile_rows);
  score.crps_difference = score.crps - score.other_crps;
  score.crps_skill = 1 - ratio(score.crps, score.other_crps);
  score.probability_rows = sums.probability_rows;
  score.brier = ratio(sums.brier, sums.probability_rows);
  score.other_brier = ratio(sums.other_brier, sums.probability_rows);
  score.brier_difference = score.brier - score.other_brier;
  score.brier_skill = 1 - ratio(score.brier, score.other_brier);
  return score;
}

using KeyedRow = std::pair<std::uint64_t, std::uint32_t>;

std::vector<KeyedRow> Sorted(std::vector<KeyedRow> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

ComparedGroup Finish(const IssuedForecast& first, std::span<const ComparisonSums> weeks,
                     const BootstrapOptions& options) {
  ComparisonSums whole;
  for (const ComparisonSums& sums : weeks) {
    auto numbers = ToDoubles(whole);
    const auto more = ToDoubles(sums);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] += more[i];
    whole = FromDoubles<ComparisonSums>(numbers);
  }
  const auto interval = Bootstrap(weeks, options, Summarize);
  return {first.pollutant,  first.horizon_days, weeks.size(),
          Summarize(whole), interval.low,       interval.high};
}

}  // namespace

std::vector<ComparedGroup> Compare(std::span<const JudgedForecast> judged,
                                   std::span<const IssuedForecast> others,
                                   const BootstrapOptions& options) {
  std::vector<KeyedRow> ours(judged.size());
  for (std::uint32_t i = 0; i < ours.size(); ++i) ours[i] = {ForecastKey(judged[i].forecast), i};
  std::vector<KeyedRow> theirs(others.size());
  for (std::uint32_t i = 0; i < theirs.size(); ++i) theirs[i] = {ForecastKey(others[i]), i};
  ours = Sorted(std::move(ours));
  theirs = Sorted(std::move(theirs));

  std::vector<ComparedGroup> groups;
  std::vector<ComparisonSums> weeks;
  const IssuedForecast* first = nullptr;
  int week = 0;
  const auto finish = [&] {
    if (first != nullptr) groups.push_back(Finish(*first, weeks, options));
    weeks.clear();
  };
  auto their = theirs.begin();
  for (const auto& [key, row] : ours) {
    while (their != theirs.end() && their->first < key) ++their;
    if (their == theirs.end()) break;
    if (their->first != key) continue;
    const IssuedForecast& forecast = judged[row].forecast;
    const IssuedForecast& other = others[their->second];
    if (first == nullptr || first->pollutant != forecast.pollutant ||
        first->horizon_days != forecast.horizon_days) {
      finish();
      first = &forecast;
    }
    const int of_row = IsoWeekNumber(forecast.valid_day());
    if (weeks.empty() || of_row != week) weeks.emplace_back();
    week = of_row;
    ComparisonSums& sums = weeks.back();
    const float observed = judged[row].observed;
    AddPair(SquaredError(forecast, observed), SquaredError(other, observed), sums.rows,
            sums.squared_error, sums.other_squared_error);
    AddPair(Crps(forecast, observed), Crps(other, observed), sums.quantile_rows, sums.crps,
            sums.other_crps);
    AddPair(Brier(forecast, observed), Brier(other, observed), sums.probability_rows, sums.brier,
            sums.other_brier);
  }
  finish();
  return groups;
}

}  // namespace geoclimate::forecast
