#pragma once

#include <string_view>

#include "geoclimate/server/http/response.h"
#include "geoclimate/service/models.h"

namespace geoclimate::server::http::routes {

// {message, model_id, new_stage or alias, generation, served}. `member` is left out when empty.
void RenderChange(std::string_view message, const service::ModelChange& change,
                  std::string_view member, std::string_view value, Response& response);

}  // namespace geoclimate::server::http::routes
