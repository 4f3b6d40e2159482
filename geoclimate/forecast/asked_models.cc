#include "geoclimate/forecast/asked_models.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace geoclimate::forecast {
namespace {

// Whether any row has a value behind the first `columns`.
bool HasWeather(const features::FeatureMatrix& rows, std::size_t columns) {
  for (std::size_t row = 0; row < rows.rows; ++row) {
    if (std::ranges::any_of(rows.Row(row).subspan(columns),
                            [](float value) { return std::isfinite(value); })) {
      return true;
    }
  }
  return false;
}

}  // namespace

AskedModels::AskedModels(const HorizonModels& models, const features::FeatureMatrix& rows,
                         std::span<const features::RowKey> keys, int horizon_days,
                         const features::WeatherColumns* weather)
    : models_(models), rows_(rows.values) {
  const auto ask = [&](std::shared_ptr<const inference::LoadedModel>& model,
                       features::FeatureMatrix& extended, std::span<const float>& asked) {
    if (model == nullptr || model->schema().size() == rows.columns) return;
    std::optional<features::FeatureMatrix> made =
        features::RowsWithWeather(model->schema(), rows, keys, horizon_days, weather);
    if (!made || !HasWeather(*made, rows.columns)) {
      left_out_.push_back(model->description().model_id);
      model.reset();
      return;
    }
    extended = *std::move(made);
    asked = extended.values;
  };
  ask(models_.production, production_, rows_.production);
  ask(models_.fallback, fallback_, rows_.fallback);
}

}  // namespace geoclimate::forecast
