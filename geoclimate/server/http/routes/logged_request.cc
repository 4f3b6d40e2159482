#include "geoclimate/server/http/routes/logged_request.h"

#include <cstddef>

namespace geoclimate::server::http::routes {

void Describe(const Request& request, prediction_log::LoggedRoute route,
              std::chrono::nanoseconds duration, prediction_log::AnsweredRows& answered) {
  answered.at = request.timestamp();
  answered.request_id = request.request_id();
  if (const access::Activity* const activity = request.caller().activity) {
    answered.caller = activity->id();
  }
  answered.route = route;
  answered.duration = duration;
}

prediction_log::IntervalEnds EndsOf(std::span<const service::Interval> intervals) {
  if (intervals.empty()) return {};
  static_assert(sizeof(service::Interval) == 2 * sizeof(float));
  return {.p10 = &intervals.front().p10, .p90 = &intervals.front().p90, .stride = 2};
}

}  // namespace geoclimate::server::http::routes
