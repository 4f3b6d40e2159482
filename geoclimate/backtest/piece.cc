#include "geoclimate/backtest/piece.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/model/manifest.h"
#include "geoclimate/training/fallback.h"
#include "geoclimate/training/fit.h"

namespace geoclimate::backtest {
namespace {

using Loaded = std::shared_ptr<const inference::LoadedModel>;

base::Result<Loaded> Load(const Origin& origin, std::string_view kind,
                          model::Forecaster forecaster) {
  model::ModelDescription description;
  description.model_name = fmt::format("{}_d{}{}", airquality::Slug(forecaster.pollutant),
                                       forecaster.horizon_days, kind);
  description.version = origin.number;
  description.created_at = base::DayStart(origin.day, std::chrono::minutes(0));
  description.model_id =
      model::MakeModelId(description.model_name, description.version, description.created_at);
  return inference::LoadedModel::FromForecaster(std::move(description), std::move(forecaster));
}

base::Result<forecast::HorizonModels> FallbackAlone(const Origin& origin,
                                                    const training::TrainingRows& past) {
  forecast::HorizonModels models;
  base::Result<model::Forecaster> fallback = training::FitFallback(past);
  if (!fallback.ok()) {
    if (fallback.error().code() == base::ErrorCode::kFailedPrecondition) return models;
    return fallback.error();
  }
  GC_ASSIGN_OR_RETURN(models.fallback, Load(origin, "_fallback", *std::move(fallback)));
  return models;
}

}  // namespace

base::Result<training::TrainedForecaster> OriginFits::FitOrRefit(
    const training::TrainingRows& past) {
  if (!judged_) {
    GC_ASSIGN_OR_RETURN(training::TrainedForecaster trained,
                        training::Fit(options_.training, past));
    judged_ = trained;
    return trained;
  }
  training::TrainingOptions options = options_.training;
  // Of what will not serve only the baseline is wanted.
  if (!judged_->report.beats_baselines()) options.form = training::MemberForm::kLinear;
  return training::Refitted(options, *judged_, past);
}

base::Result<forecast::HorizonModels> OriginFits::At(const Origin& origin) {
  const TrainingSet past(knowledge_, rows_, tasks_, origin.day, options_.hold_out_share);
  base::Result<training::TrainedForecaster> trained = FitOrRefit(past.View());
  if (!trained.ok()) {
    if (trained.error().code() != base::ErrorCode::kFailedPrecondition) return trained.error();
    return FallbackAlone(origin, past.View());
  }
  forecast::HorizonModels models;
  if (trained->report.beats_baselines()) {
    GC_ASSIGN_OR_RETURN(models.production, Load(origin, "", std::move(trained->model)));
  }
  GC_ASSIGN_OR_RETURN(models.fallback, Load(origin, "_fallback", std::move(trained->fallback)));
  return models;
}

std::vector<std::size_t> FirstOfRuns(std::span<const Origin> origins, const PollutantRows& rows,
                                     const PastTasks& tasks) {
  constexpr std::chrono::days kYear(365);
  constexpr double kGrowth = 1.25;
  std::vector<std::size_t> first;
  double judged_on = 0;  // rows
  for (std::size_t i = 0; i < origins.size(); ++i) {
    const auto count = static_cast<double>(tasks.CountBefore(rows, origins[i].day));
    const bool judged =
        i > 0 && origins[i].day - origins[first.back()].day < kYear && count <= kGrowth * judged_on;
    if (judged) continue;
    first.push_back(i);
    judged_on = count;
  }
  return first;
}

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
