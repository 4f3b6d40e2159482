#pragma once

#include <cstdint>
#include <string>

#include "geoclimate/access/activity.h"
#include "geoclimate/access/scope.h"

namespace geoclimate::access {

// Who sends a request, and what it may do. A value; `activity` lives as long as what made it.
struct Caller {
  enum class Kind : std::uint8_t {
    kNobody,      // has shown nothing that is valid
    kLoopback,    // has shown nothing and needs nothing
    kAdminToken,  // the token of the data directory
    kKey,
    kToken,  // signed
  };
  Kind kind = Kind::kNobody;
  ScopeSet scopes = {};
  Activity* activity = nullptr;  // of kKey and kToken

  // For histories: "key gsc_AbCdEfGh (city of Fresno)", "admin token".
  std::string ToString() const;
};

}  // namespace geoclimate::access
