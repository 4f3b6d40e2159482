#include "geoclimate/service/place_forecasts.h"

#include <memory>
#include <string>

namespace geoclimate::service {

base::Result<forecast::PlaceForecast> ForecastPlace(const Models& models,
                                                    const forecast::PlaceForecaster& places,
                                                    const airquality::Coordinates& place) {
  const auto served = models.Served();
  return places.Forecast(
      place, [&served](const std::string& id) -> std::shared_ptr<const inference::LoadedModel> {
        const auto chosen = served->Choose({.model_id = id, .model_name = {}});
        return chosen.ok() ? (*chosen)->model : nullptr;
      });
}

}  // namespace geoclimate::service
