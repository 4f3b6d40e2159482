#pragma once

#include <chrono>
#include <span>

#include "geoclimate/prediction_log/prediction_log.h"
#include "geoclimate/server/http/request.h"
#include "geoclimate/service/prediction.h"

namespace geoclimate::server::http::routes {

// Says of `answered` when and by whom it was asked for. Views of the request.
void Describe(const Request& request, prediction_log::LoggedRoute route,
              std::chrono::nanoseconds duration, prediction_log::AnsweredRows& answered);

// The ends of the intervals of rows, if there are any.
prediction_log::IntervalEnds EndsOf(std::span<const service::Interval> intervals);

}  // namespace geoclimate::server::http::routes
