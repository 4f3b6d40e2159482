#include "geoclimate/backtest/piece.h"

#include <algorithm>
#include <span>
#include <vector>

#include "geoclimate/inference/loaded_model.h"

namespace geoclimate::backtest {
base::Result<Segment> ForecastDays(const Origin& origin, const PollutantRows& rows,
                                   int horizon_days, const forecast::HorizonModels& models) {
  const PollutantRows::Range range = rows.IssuedBetween(origin.day, origin.last_issue_day);
  const auto keys = std::span(rows.keys.keys).subspan(range.begin, range.size());
  forecast::ModelRows asked(rows.Features(range));
  features::FeatureMatrix extended;
  if (rows.weather) {
    extended = rows.Extended({.rows = range.size(),
                              .columns = rows.features.columns,
                              .values = {asked.fallback.begin(), asked.fallback.end()}},
                             keys, horizon_days);
    asked.production = extended.values;
  }
  GC_ASSIGN_OR_RETURN(const std::vector<forecast::RowForecast> forecasts,
                      forecast::ForecastRows(
                          models, asked, keys,
                          std::span(rows.keys.last_observed).subspan(range.begin, range.size())));
  Segment segment;
  segment.rows.reserve(forecasts.size());
  std::vector<const inference::LoadedModel*> known;
  for (const forecast::RowForecast& forecast : forecasts) {
    Segment::Row& row = segment.rows.emplace_back();
    if (forecast.model == nullptr) continue;
    const auto at = std::ranges::find(known, forecast.model);
    row.model = static_cast<std::int8_t>(at - known.begin());
    if (at == known.end()) {
      known.push_back(forecast.model);
      segment.model_ids.push_back(forecast.model->description().model_id);
    }
    row.method = forecast.method;
    row.distribution = forecast.distribution;
  }
  return segment;
}

std::size_t FitBytes(const PollutantRows& rows, std::size_t tasks) {
  // The rows themselves, twice XGBoost's copy of them (8 bytes a value; blocks, then all), bins;
  // and while weather is put behind them, the rows once more.
  const std::size_t bytes_per_value =
      sizeof(float) + 2 * 8 + 2 + (rows.weather ? sizeof(float) : 0);
  return tasks * rows.schema.size() * bytes_per_value;
}

}  // namespace geoclimate::backtest
