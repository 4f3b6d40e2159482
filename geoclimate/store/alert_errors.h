#pragma once

#include <string_view>

#include <fmt/format.h>

#include "geoclimate/base/error.h"

namespace geoclimate::store {

// What every AlertStore says.
inline base::Error NoSuchAlert(std::string_view id) {
  return base::NotFound(fmt::format("there is no alert '{}'", id));
}
inline base::Error AlertMoved(std::string_view id) {
  return {base::ErrorCode::kAborted, fmt::format("alert '{}' was changed meanwhile", id)};
}
inline base::Error AlertExists(std::string_view id) {
  return base::AlreadyExists(fmt::format("there is an alert '{}' already", id));
}
inline base::Error TooManyAlerts(std::size_t most) {
  return {base::ErrorCode::kResourceExhausted,
          fmt::format("there are {} alerts of this caller already, and no more are taken", most)};
}
inline base::Error NoSuchDeadLetter(std::string_view id) {
  return base::NotFound(fmt::format("there is no dead letter '{}'", id));
}

}  // namespace geoclimate::store
