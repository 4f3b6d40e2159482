#pragma once

#include <cstdint>
#include <memory>

#include "geoclimate/server/http/response.h"
#include "geoclimate/server/http/routes/forecast_pages.h"
#include "geoclimate/service/site_directory.h"

namespace geoclimate::server::http::routes {

enum class BulkFormat : std::uint8_t { kJson, kCsv, kGeoJson };

std::string_view BulkContentType(BulkFormat format);

// Writes the forecasts of every site with coordinates in `box`, some sites a step, in the order of
// their ids. Keeps the pages.
std::unique_ptr<ResponseTask> MakeForecastBulkTask(std::shared_ptr<const ForecastPages> pages,
                                                   const service::BoundingBox& box,
                                                   const ForecastSelection& selection,
                                                   BulkFormat format);

}  // namespace geoclimate::server::http::routes
