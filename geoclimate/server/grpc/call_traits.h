#pragma once

#include <string_view>

#include "geoclimate/access/activity.h"
#include "geoclimate/base/deadline.h"

namespace geoclimate::server::grpc {

// What a call says of itself beside its message.
struct CallTraits {
  base::Deadline deadline = base::Deadline::Never();
  // Says whether a canary answers: the caller's x-routing-key, valid as long as the call. Empty:
  // the message's first tensor does.
  std::string_view routing_key = {};
  // Whose rows are counted; null: nobody's.
  access::Activity* activity = nullptr;
};

}  // namespace geoclimate::server::grpc
