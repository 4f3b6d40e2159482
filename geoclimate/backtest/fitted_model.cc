#include "geoclimate/backtest/fitted_model.h"

#include <fmt/format.h>

#include <utility>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/model/manifest.h"

namespace geoclimate::backtest {

base::Result<std::shared_ptr<const inference::LoadedModel>> LoadFitted(
    const Origin& origin, std::string_view kind, model::Forecaster forecaster) {
  model::ModelDescription description;
  description.model_name = fmt::format("{}_d{}{}", airquality::Slug(forecaster.pollutant),
                                       forecaster.horizon_days, kind);
  description.version = origin.number;
  description.created_at = base::DayStart(origin.day, std::chrono::minutes(0));
  description.model_id =
      model::MakeModelId(description.model_name, description.version, description.created_at);
  return inference::LoadedModel::FromForecaster(std::move(description), std::move(forecaster));
}

}  // namespace geoclimate::backtest
