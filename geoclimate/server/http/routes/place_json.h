#pragma once

#include <string>

#include "geoclimate/server/http/routes/forecast_pages.h"
#include "geoclimate/service/place_forecasts.h"

namespace geoclimate::server::http::routes {

// Appends the forecast of a place as a site's page looks, with the place's coordinates, without a
// site id and a name, and with the nearest reporting site and its distance in front.
void AppendPlaceForecast(std::string& out, const forecast::ForecastTable& table,
                         const forecast::PlaceForecast& place, const ForecastSelection& selection);

}  // namespace geoclimate::server::http::routes
