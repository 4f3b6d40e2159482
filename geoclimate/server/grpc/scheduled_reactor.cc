#include "geoclimate/server/grpc/scheduled_reactor.h"

#include "geoclimate/server/grpc/call_status.h"

namespace geoclimate::server::grpc {

ScheduledReactor::ScheduledReactor(const InferenceSurroundings& surroundings,
                                   const CallTraits& traits,
                                   const ::inference::ModelInferRequest& request,
                                   ::inference::ModelInferResponse& response)
    : call_(surroundings, traits, request, response) {}

void ScheduledReactor::Start() {
  const auto submitted = call_.Submit([this] { Finish(StatusOf(call_.Finish())); });
  if (!submitted.ok()) Finish(StatusOf(submitted));
}

}  // namespace geoclimate::server::grpc
