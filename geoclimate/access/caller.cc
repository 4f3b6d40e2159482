#include "geoclimate/access/caller.h"

#include <fmt/format.h>

namespace geoclimate::access {

std::string Caller::ToString() const {
  switch (kind) {
    case Kind::kNobody:
      return "nobody";
    case Kind::kLoopback:
      return "keyless caller";
    case Kind::kAdminToken:
      return "admin token";
    case Kind::kKey:
      return fmt::format("key {} ({})", activity->id(), activity->name());
    case Kind::kToken:
      return fmt::format("token of {}", activity->id());
  }
  return {};
}

}  // namespace geoclimate::access
