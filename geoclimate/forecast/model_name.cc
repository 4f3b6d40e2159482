#include "geoclimate/forecast/model_name.h"

#include <fmt/format.h>

namespace geoclimate::forecast {
namespace {

constexpr std::string_view kOfPlaces = "_neighbours";

}  // namespace

std::string ModelName(airquality::Pollutant pollutant, int horizon_days, airquality::Basis basis) {
  return fmt::format("{}_d{}{}", airquality::Slug(pollutant), horizon_days,
                     basis == airquality::Basis::kSite ? "" : kOfPlaces);
}

airquality::Basis BasisOfModel(std::string_view model_id) {
  const std::size_t version = model_id.rfind("_v");
  return model_id.substr(0, version).ends_with(kOfPlaces) ? airquality::Basis::kNeighbours
                                                          : airquality::Basis::kSite;
}

}  // namespace geoclimate::forecast
