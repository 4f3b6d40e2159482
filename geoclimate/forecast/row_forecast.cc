#include "geoclimate/forecast/row_forecast.h"

#include <algorithm>
#include <cmath>

#include "geoclimate/base/check.h"
#include "geoclimate/forecast/distribution.h"
#include "geoclimate/forecast/recency.h"

namespace geoclimate::forecast {
namespace {

using airquality::Method;

bool IsFinite(const model::Distribution& distribution) {
  return std::isfinite(distribution.mean) &&
         std::ranges::all_of(distribution.quantiles, [](float q) { return std::isfinite(q); });
}

enum class Recency { kRecent, kOld };

Method MethodOf(const model::Forecaster& forecaster, Recency recency) {
  if (!forecaster.members.empty()) return Method::kModel;
  return recency == Recency::kRecent && forecaster.baseline.rho > 0 ? Method::kPersistenceFallback
                                                                    : Method::kClimatologyFallback;
}

base::Result<std::vector<model::Distribution>> Predict(const inference::LoadedModel* model,
                                                       std::span<const float> features,
                                                       std::size_t rows) {
  std::vector<model::Distribution> distributions;
  if (model == nullptr) return distributions;
  distributions.resize(rows);
  GC_RETURN_IF_ERROR(model->PredictDistributions(features, rows, distributions));
  return distributions;
}

}  // namespace

base::Result<std::vector<RowForecast>> ForecastRows(const HorizonModels& models,
                                                    const ModelRows& features,
                                                    std::span<const features::RowKey> keys,
                                                    std::span<const base::LocalDay> last_observed) {
  GC_CHECK(keys.size() == last_observed.size(), "one newest value a row");
  GC_ASSIGN_OR_RETURN(const std::vector<model::Distribution> produced,
                      Predict(models.production.get(), features.production, keys.size()));
  GC_ASSIGN_OR_RETURN(const std::vector<model::Distribution> fallen_back,
                      Predict(models.fallback.get(), features.fallback, keys.size()));
  std::vector<RowForecast> forecasts(keys.size());
  for (std::size_t row = 0; row < keys.size(); ++row) {
    const Recency recency =
        keys[row].issue_day - last_observed[row] < kRecent ? Recency::kRecent : Recency::kOld;
    const auto say = [&](const inference::LoadedModel& model, const model::Distribution& said) {
      forecasts[row] = {&model, MethodOf(*model.forecaster(), recency), said};
    };
    if (!produced.empty() && recency == Recency::kRecent && IsFinite(produced[row])) {
      say(*models.production, produced[row]);
    } else if (!fallen_back.empty() && IsFinite(fallen_back[row])) {
      say(*models.fallback, fallen_back[row]);
    }
  }
  return forecasts;
}

PollutantForecast FinishForecast(const airquality::BreakpointTable& table,
                                 const OnlineCalibration& calibration,
                                 std::optional<airquality::SiteId> site, const RowForecast& row,
                                 base::LocalDay last_observed, std::uint16_t model) {
  const model::Distribution distribution =
      calibration.Apply(row.distribution, site, AqiOf(table, double{row.distribution.mean}));
  const auto aqi = [&](std::size_t level) {
    return AqiOf(table, double{distribution.quantiles[level]});
  };
  return {.pollutant = table.pollutant,
          .method = row.method,
          .model = model,
          .last_observed = last_observed,
          .concentration = distribution,
          .probability_over_100 = static_cast<float>(
              calibration.ApplyToProbability(ProbabilityOver100(table, distribution))),
          .aqi_p10 = aqi(model::kP10),
          .aqi = aqi(model::kP50),
          .aqi_p90 = aqi(model::kP90)};
}

VerifiedForecast Verified(const airquality::BreakpointTable& table,
                          std::optional<airquality::SiteId> site,
                          const PollutantForecast& given_out, float observed) {
  const auto& quantiles = given_out.concentration.quantiles;
  return {.site = site,
          .mean_aqi = AqiOf(table, double{given_out.concentration.mean}),
          .quantiles = {quantiles[model::kP10], quantiles[model::kP50], quantiles[model::kP90]},
          .probability_over_100 = given_out.probability_over_100,
          .observed = observed,
          .over_100 = AqiOf(table, double{observed}) > 100};
}

VerifiedForecast Verified(const airquality::BreakpointTable& table,
                          const airquality::IssuedForecast& given_out, float observed) {
  return {.site = given_out.site,
          .mean_aqi = AqiOf(table, double{given_out.mean}),
          .quantiles = {given_out.p10, given_out.p50, given_out.p90},
          .probability_over_100 = given_out.probability_over_100,
          .observed = observed,
          .over_100 = AqiOf(table, double{observed}) > 100};
}

}  // namespace geoclimate::forecast
