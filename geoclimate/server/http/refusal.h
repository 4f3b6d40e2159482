#pragma once

#include <string_view>

#include "geoclimate/base/error.h"

namespace geoclimate::server::http {

// Why the server itself turns a request away. `detail` is a literal, or lives as long as the
// request.
struct Refusal {
  int status = 0;
  base::ErrorCode code = base::ErrorCode::kInvalidArgument;
  std::string_view detail;
};

}  // namespace geoclimate::server::http
