#pragma once

#include <string>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/server/http/request.h"
#include "geoclimate/server/http/response.h"
#include "geoclimate/server/http/route.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/service/models.h"

namespace geoclimate::server::http::routes {

// What the routes that change what is served share.

// Until when the caller waits for this process to serve the change: ?wait=SECONDS, at most a
// minute; not at all by default.
base::Deadline WaitFrom(QueryFields& query, const base::Clock& clock);
ParameterDoc WaitParameter();

// Who asks, for the history: the holder of the admin token, and from where; why: ?reason=TEXT.
registry::Request RequestFrom(QueryFields& query, const Request& request);

// {message, model_id, new_stage or alias, generation, served}. `member` is left out when empty.
void RenderChange(std::string_view message, const service::ModelChange& change,
                  std::string_view member, std::string_view value, Response& response);

}  // namespace geoclimate::server::http::routes
