#include "geoclimate/backtest/place_piece.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "geoclimate/backtest/fitted_model.h"
#include "geoclimate/forecast/row_forecast.h"
#include "geoclimate/training/cross_site_fit.h"
#include "geoclimate/training/fallback.h"

namespace geoclimate::backtest {
namespace {

// By fold, and who is in which.
struct FoldModels {
  std::vector<forecast::HorizonModels> by_fold;
  training::HeldOutFits fits;  // without its forecasters

  int FoldOf(std::size_t site) const { return by_fold.size() < 2 ? 0 : fits.FoldOf(site); }
};

base::Result<FoldModels> InterpolationAlone(const Origin& origin,
                                            const training::TrainingRows& past) {
  FoldModels models;
  models.by_fold.resize(1);
  base::Result<model::Forecaster> fallback = training::FitFallback(past);
  if (!fallback.ok()) {
    if (fallback.error().code() == base::ErrorCode::kFailedPrecondition) return models;
    return fallback.error();
  }
  GC_ASSIGN_OR_RETURN(models.by_fold[0].fallback,
                      LoadFitted(origin, "_neighbours_fallback", *std::move(fallback)));
  return models;
}

base::Result<FoldModels> FitFolds(const Knowledge& knowledge, const Origin& origin,
                                  const PollutantRows& rows, const PastTasks& tasks,
                                  const training::TrainingOptions& options) {
  const TrainingSet past(knowledge, rows, tasks, origin.day);
  base::Result<training::HeldOutFits> fitted =
      training::FitHeldOutSites(options, {.rows = past.View(), .sites = past.sites()});
  if (!fitted.ok()) {
    if (fitted.error().code() != base::ErrorCode::kFailedPrecondition) return fitted.error();
    return InterpolationAlone(origin, past.View());
  }
  FoldModels models;
  for (training::TrainedForecaster& trained : fitted->by_fold) {
    const std::size_t fold = models.by_fold.size() + 1;
    forecast::HorizonModels& of_fold = models.by_fold.emplace_back();
    if (trained.report.beats_baselines()) {
      GC_ASSIGN_OR_RETURN(
          of_fold.production,
          LoadFitted(origin, fmt::format("_neighbours_fold{}", fold), std::move(trained.model)));
    }
    GC_ASSIGN_OR_RETURN(of_fold.fallback,
                        LoadFitted(origin, fmt::format("_neighbours_fold{}_fallback", fold),
                                   std::move(trained.fallback)));
  }
  models.fits = *std::move(fitted);
  models.fits.by_fold.resize(models.by_fold.size());
  return models;
}

// The rows of some keys, copied together.
struct Gathered {
  std::vector<std::size_t> rows;  // indexes into the range
  std::vector<features::RowKey> keys;
  std::vector<base::LocalDay> last_observed;
  std::vector<float> features;
};

std::vector<Gathered> GatherByFold(const PollutantRows& rows, PollutantRows::Range range,
                                   const FoldModels& models) {
  std::vector<Gathered> by_fold(models.by_fold.size());
  for (std::size_t i = 0; i < range.size(); ++i) {
    const features::RowKey& key = rows.keys.keys[range.begin + i];
    Gathered& fold = by_fold[static_cast<std::size_t>(models.FoldOf(key.site))];
    fold.rows.push_back(i);
    fold.keys.push_back(key);
    fold.last_observed.push_back(rows.keys.last_observed[range.begin + i]);
    const std::span<const float> row = rows.features.Row(range.begin + i);
    fold.features.insert(fold.features.end(), row.begin(), row.end());
  }
  return by_fold;
}

std::int8_t IndexOf(const std::string& model_id, std::vector<std::string>& known) {
  const auto at = std::ranges::find(known, model_id);
  const auto index = static_cast<std::int8_t>(at - known.begin());
  if (at == known.end()) known.push_back(model_id);
  return index;
}

}  // namespace

base::Result<Segment> ForecastPlaces(const Knowledge& knowledge, const Origin& origin,
                                     const PollutantRows& rows, const PastTasks& tasks,
                                     const training::TrainingOptions& options) {
  GC_ASSIGN_OR_RETURN(const FoldModels models, FitFolds(knowledge, origin, rows, tasks, options));
  const PollutantRows::Range range = rows.IssuedBetween(origin.day, origin.last_issue_day);
  Segment segment;
  segment.rows.resize(range.size());
  const std::vector<Gathered> gathered = GatherByFold(rows, range, models);
  for (std::size_t fold = 0; fold < gathered.size(); ++fold) {
    const Gathered& of_fold = gathered[fold];
    const forecast::HorizonModels& says = models.by_fold[fold];
    GC_ASSIGN_OR_RETURN(
        const std::vector<forecast::RowForecast> forecasts,
        forecast::ForecastRows(says, of_fold.features, of_fold.keys, of_fold.last_observed));
    GC_ASSIGN_OR_RETURN(
        const std::vector<forecast::RowForecast> interpolations,
        forecast::ForecastRows({.production = nullptr, .fallback = says.fallback}, of_fold.features,
                               of_fold.keys, of_fold.last_observed));
    for (std::size_t i = 0; i < of_fold.rows.size(); ++i) {
      if (forecasts[i].model == nullptr) continue;
      segment.rows[of_fold.rows[i]] = {
          .model = IndexOf(forecasts[i].model->description().model_id, segment.model_ids),
          .method = forecasts[i].method,
          .distribution = forecasts[i].distribution,
          .interpolation = interpolations[i].distribution.mean};
    }
  }
  return segment;
}

std::size_t PlaceFitBytes(const PollutantRows& rows, std::size_t tasks) {
  // The rows themselves, a selection of them, XGBoost's copy of it (8 bytes a value), bins.
  constexpr std::size_t kBytesPerValue = 2 * sizeof(float) + 8 + 2;
  return tasks * rows.features.columns * kBytesPerValue;
}

}  // namespace geoclimate::backtest
