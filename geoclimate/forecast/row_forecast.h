#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "geoclimate/airquality/breakpoints.h"
#include "geoclimate/airquality/forecast.h"
#include "geoclimate/airquality/method.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/forecast/forecast_table.h"
#include "geoclimate/forecast/online_calibration.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/model/forecaster.h"

namespace geoclimate::forecast {

// What forecasts one pollutant at one lead time. Either model may be null; without both there is no
// such forecast.
struct HorizonModels {
  std::shared_ptr<const inference::LoadedModel>
      production;  // a forecaster with members, or its baseline alone
  std::shared_ptr<const inference::LoadedModel> fallback;  // a forecaster without members
  // What the errors of earlier forecasts taught; as made, it changes nothing.
  OnlineCalibration calibration = {};
};

// What is said of one row, before HorizonModels::calibration.
struct RowForecast {
  const inference::LoadedModel* model = nullptr;  // who says it; null: nobody can
  airquality::Method method = airquality::Method::kModel;
  model::Distribution distribution;
};

// The rows that the two models are asked with: the same, or each of its own schema.
struct ModelRows {
  // NOLINTNEXTLINE(google-explicit-constructor): mostly they are the same
  ModelRows(std::span<const float> both) : production(both), fallback(both) {}
  ModelRows(const std::vector<float>& both) : ModelRows(std::span(both)) {}  // NOLINT: as above
  std::span<const float> production;
  std::span<const float> fallback;
};

// Forecasts rows of BuildIssueRows(): `features` holds one for each of `keys`. A row whose newest
// value is of the last kRecent days (recency.h) is given to the production model, and to the
// fallback where that is missing or has no finite answer; an older one to the fallback. The one way
// for server and backtest; a row's forecast does not depend on the rows beside it.
//
// Errors are the model's.
base::Result<std::vector<RowForecast>> ForecastRows(const HorizonModels& models,
                                                    const ModelRows& features,
                                                    std::span<const features::RowKey> keys,
                                                    std::span<const base::LocalDay> last_observed);

// The forecast as it is given out: the row's distribution as `calibration` corrects it at this site
// (nothing: a place without a monitor of its own), its AQI and its probability under `table`.
// `model` is what PollutantForecast::model will be.
PollutantForecast FinishForecast(const airquality::BreakpointTable& table,
                                 const OnlineCalibration& calibration,
                                 std::optional<airquality::SiteId> site, const RowForecast& row,
                                 base::LocalDay last_observed, std::uint16_t model);

// What a calibration learns from a forecast that FinishForecast() gave out, once `observed` is
// known: from the forecast itself, or from what the store keeps of it, which is the same.
VerifiedForecast Verified(const airquality::BreakpointTable& table,
                          std::optional<airquality::SiteId> site,
                          const PollutantForecast& given_out, float observed);
VerifiedForecast Verified(const airquality::BreakpointTable& table,
                          const airquality::IssuedForecast& given_out, float observed);

}  // namespace geoclimate::forecast
