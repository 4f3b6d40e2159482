#include "geoclimate/forecast/scoring.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string_view>
#include <tuple>

#include "geoclimate/airquality/aqi.h"

namespace geoclimate::forecast {
namespace {

using airquality::IssuedForecast;
using airquality::Pollutant;

constexpr int kAlertAqi = 100;
constexpr std::array<double, 3> kGivenLevels = {0.1, 0.5, 0.9};

bool Given(float value) {
  return !std::isnan(value);
}

airquality::AqiValue AqiOf(Pollutant pollutant, float concentration) {
  return airquality::Aqi(pollutant,
                         airquality::Concentration::FromDouble(static_cast<double>(concentration)));
}

// `mean` judges the concentration, `median` the AQI: AQI is given for p50.
void AddMethod(Pollutant pollutant, float mean, float median, float observed,
               const airquality::AqiValue& observed_aqi, MethodSums& sums) {
  const double error = static_cast<double>(mean) - static_cast<double>(observed);
  sums.squared_error += error * error;
  sums.absolute_error += std::abs(error);
  sums.error += error;
  const airquality::AqiValue aqi = AqiOf(pollutant, median);
  sums.absolute_aqi_error += std::abs(static_cast<double>(aqi.aqi) - observed_aqi.aqi);
  sums.category_hits += aqi.category == observed_aqi.category ? 1 : 0;
  const bool forecast_event = aqi.aqi > kAlertAqi;
  const bool event = observed_aqi.aqi > kAlertAqi;
  sums.hits += forecast_event && event ? 1 : 0;
  sums.misses += !forecast_event && event ? 1 : 0;
  sums.false_alarms += forecast_event && !event ? 1 : 0;
}

double Ratio(double numerator, double denominator) {
  return denominator > 0 ? numerator / denominator : std::numeric_limits<double>::quiet_NaN();
}
double Ratio(double numerator, std::uint64_t denominator) {
  return Ratio(numerator, static_cast<double>(denominator));
}
double Ratio(std::uint64_t numerator, std::uint64_t denominator) {
  return Ratio(static_cast<double>(numerator), denominator);
}

MethodScore SummarizeMethod(const MethodSums& sums, std::uint64_t rows) {
  MethodScore score;
  score.rmse = std::sqrt(Ratio(sums.squared_error, rows));
  score.mae = Ratio(sums.absolute_error, rows);
  score.bias = Ratio(sums.error, rows);
  score.aqi_mae = Ratio(sums.absolute_aqi_error, rows);
  score.category_hit_rate = Ratio(sums.category_hits, rows);
  score.pod = Ratio(sums.hits, sums.hits + sums.misses);
  score.far = Ratio(sums.false_alarms, sums.hits + sums.false_alarms);
  score.csi = Ratio(sums.hits, sums.hits + sums.misses + sums.false_alarms);
  return score;
}

// The rows of one pollutant and lead time, whose baselines are worked out together.
struct JudgedRows {
  std::vector<std::size_t> forecasts;  // indexes into what Judge() was given
  std::vector<features::RowKey> keys;
};

void JudgeHorizon(const Baselines& baselines, const features::SiteHistory& history,
                  std::span<const IssuedForecast> forecasts, const JudgedRows& rows,
                  Judgement& judgement) {
  if (rows.forecasts.empty()) return;
  const IssuedForecast& first = forecasts[rows.forecasts.front()];
  const BaselineColumns columns = baselines.Columns(rows.keys, first.horizon_days);
  for (std::size_t i = 0; i < rows.forecasts.size(); ++i) {
    const IssuedForecast& forecast = forecasts[rows.forecasts[i]];
    if (std::isnan(columns[0][i])) {
      ++judgement.without_baseline;
      continue;
    }
    JudgedForecast judged;
    judged.forecast = forecast;
    judged.observed = history.Get(forecast.pollutant, rows.keys[i].site).At(forecast.valid_day());
    for (std::size_t b = 0; b < kBaselineCount; ++b) judged.baselines[b] = columns[b][i];
    judgement.judged.push_back(std::move(judged));
  }
}

}  // namespace

Judgement Judge(const features::SiteHistory& history, std::span<const IssuedForecast> forecasts) {
  Judgement judgement;
  for (const Pollutant pollutant : airquality::kPollutants) {
    std::vector<int> horizons;
    for (const IssuedForecast& forecast : forecasts) {
      if (forecast.pollutant == pollutant) horizons.push_back(forecast.horizon_days);
    }
    if (horizons.empty()) continue;
    std::sort(horizons.begin(), horizons.end());
    horizons.erase(std::unique(horizons.begin(), horizons.end()), horizons.end());

    std::vector<JudgedRows> by_horizon(horizons.size());
    for (std::size_t i = 0; i < forecasts.size(); ++i) {
      const IssuedForecast& forecast = forecasts[i];
      if (forecast.pollutant != pollutant) continue;
      const std::optional<std::size_t> site = history.FindSite(forecast.site);
      if (!site) {
        ++judgement.unknown_site;
      } else if (!Given(history.Get(pollutant, *site).At(forecast.valid_day()))) {
        ++judgement.unobserved;
      } else {
        const auto at = std::lower_bound(horizons.begin(), horizons.end(), forecast.horizon_days);
        JudgedRows& rows = by_horizon[static_cast<std::size_t>(at - horizons.begin())];
        rows.forecasts.push_back(i);
        rows.keys.push_back({*site, forecast.issue_day});
      }
    }
    const Baselines baselines(history, pollutant, horizons);
    for (const JudgedRows& rows : by_horizon) {
      JudgeHorizon(baselines, history, forecasts, rows, judgement);
    }
  }
  return judgement;
}

MethodSums& MethodSums::operator+=(const MethodSums& other) {
  squared_error += other.squared_error;
  absolute_error += other.absolute_error;
  error += other.error;
  absolute_aqi_error += other.absolute_aqi_error;
  category_hits += other.category_hits;
  hits += other.hits;
  misses += other.misses;
  false_alarms += other.false_alarms;
  return *this;
}

void ScoreSums::Add(const JudgedForecast& judged) {
  const IssuedForecast& given = judged.forecast;
  const airquality::AqiValue observed_aqi = AqiOf(given.pollutant, judged.observed);
  ++rows;
  AddMethod(given.pollutant, Given(given.mean) ? given.mean : given.p50,
            Given(given.p50) ? given.p50 : given.mean, judged.observed, observed_aqi, forecast);
  for (std::size_t b = 0; b < kBaselineCount; ++b) {
    AddMethod(given.pollutant, judged.baselines[b], judged.baselines[b], judged.observed,
              observed_aqi, baselines[b]);
  }
  if (Given(given.p10) && Given(given.p90)) {
    ++interval_rows;
    inside += given.p10 <= judged.observed && judged.observed <= given.p90 ? 1 : 0;
    width += static_cast<double>(given.p90) - static_cast<double>(given.p10);
    if (Given(given.p50)) {
      const std::array<float, 3> quantiles = {given.p10, given.p50, given.p90};
      ++quantile_rows;
      crps += CrpsFromQuantiles(kGivenLevels, quantiles, static_cast<double>(judged.observed));
    }
  }
  if (Given(given.probability_over_100)) {
    const double event = observed_aqi.aqi > kAlertAqi ? 1 : 0;
    const double error = static_cast<double>(given.probability_over_100) - event;
    ++probability_rows;
    squared_probability_error += error * error;
  }
}

ScoreSums& ScoreSums::operator+=(const ScoreSums& other) {
  rows += other.rows;
  forecast += other.forecast;
  for (std::size_t b = 0; b < kBaselineCount; ++b) baselines[b] += other.baselines[b];
  interval_rows += other.interval_rows;
  inside += other.inside;
  width += other.width;
  quantile_rows += other.quantile_rows;
  crps += other.crps;
  probability_rows += other.probability_rows;
  squared_probability_error += other.squared_probability_error;
  return *this;
}

Score Summarize(const ScoreSums& sums) {
  Score score;
  score.rows = sums.rows;
  score.events = sums.forecast.hits + sums.forecast.misses;
  score.forecast = SummarizeMethod(sums.forecast, sums.rows);
  for (std::size_t b = 0; b < kBaselineCount; ++b) {
    score.baselines[b] = SummarizeMethod(sums.baselines[b], sums.rows);
  }
  const auto best = std::min_element(
      sums.baselines.begin(), sums.baselines.end(),
      [](const MethodSums& a, const MethodSums& b) { return a.squared_error < b.squared_error; });
  score.best = kBaselines[static_cast<std::size_t>(best - sums.baselines.begin())];
  score.skill = 1 - Ratio(sums.forecast.squared_error, best->squared_error);
  score.crps = Ratio(sums.crps, sums.quantile_rows);
  score.coverage = Ratio(sums.inside, sums.interval_rows);
  score.width = Ratio(sums.width, sums.interval_rows);
  score.brier = Ratio(sums.squared_probability_error, sums.probability_rows);
  return score;
}

std::vector<ScoredGroup> ScoreForecasts(std::span<const JudgedForecast> judged) {
  // One order of the sums, whatever the order of the rows.
  std::vector<const JudgedForecast*> rows;
  rows.reserve(judged.size());
  for (const JudgedForecast& row : judged) rows.push_back(&row);
  const auto key = [](const JudgedForecast* row) {
    const IssuedForecast& f = row->forecast;
    // Bits, because NaN has no order.
    return std::tuple(f.pollutant, f.horizon_days, f.issue_day, f.site,
                      std::string_view(f.model_id), std::bit_cast<std::uint32_t>(f.mean),
                      std::bit_cast<std::uint32_t>(f.p50));
  };
  std::sort(rows.begin(), rows.end(),
            [&](const JudgedForecast* a, const JudgedForecast* b) { return key(a) < key(b); });

  std::vector<ScoredGroup> groups;
  for (auto begin = rows.begin(); begin != rows.end();) {
    const Pollutant pollutant = (*begin)->forecast.pollutant;
    const int horizon_days = (*begin)->forecast.horizon_days;
    ScoreSums sums;
    for (; begin != rows.end() && (*begin)->forecast.pollutant == pollutant &&
           (*begin)->forecast.horizon_days == horizon_days;
         ++begin) {
      sums.Add(**begin);
    }
    groups.push_back({pollutant, horizon_days, Summarize(sums)});
  }
  return groups;
}

double CrpsFromQuantiles(std::span<const double> levels, std::span<const float> quantiles,
                         double observed) {
  double score = 0;
  double share_begin = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const double share_end = i + 1 < levels.size() ? (levels[i] + levels[i + 1]) / 2 : 1;
    const double error = observed - static_cast<double>(quantiles[i]);
    const double pinball = error >= 0 ? levels[i] * error : (levels[i] - 1) * error;
    score += 2 * (share_end - share_begin) * pinball;
    share_begin = share_end;
  }
  return score;
}

}  // namespace geoclimate::forecast
