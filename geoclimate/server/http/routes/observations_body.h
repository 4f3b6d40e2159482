#pragma once

#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/server/http/arena.h"
#include "geoclimate/service/observations.h"

namespace geoclimate::server::http::routes {

// The rows of a JSON body: {"observations": [{...}]}, or the array alone. Numbers are kept as their
// text, so that a decimal stays exact. null is not given. kInvalidArgument for malformed JSON and
// for what is no array of objects; what is wrong with a row is for the service to say. Views point
// into `body` or `arena`.
base::Result<std::vector<service::SubmittedRow>> ReadObservationsBody(std::string_view body,
                                                                      Arena& arena);

}  // namespace geoclimate::server::http::routes
