#pragma once

#include <string_view>

#include "geoclimate/server/http/response.h"
#include "geoclimate/server/http/route.h"
#include "geoclimate/service/cache_control.h"

namespace geoclimate::server::http::routes {

// What the routes that give orders to the caches share.

// {message, generation, followed, rows}.
void RenderCacheChange(std::string_view message, const service::CacheChange& change,
                       Response& response);
SchemaDoc CacheChangeSchema();

ParameterDoc ReasonParameter();

}  // namespace geoclimate::server::http::routes
