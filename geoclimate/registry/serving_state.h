#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace geoclimate::registry {

// Which versions of a name are kept in memory beside those in production, in staging, with an alias
// or with a share of the traffic, which always are.
struct VersionPolicy {
  enum class Kind : std::uint8_t {
    kDefault,   // the server's own: the newest of all names, up to its limit
    kLatest,    // the `latest` newest of the name
    kAll,       // all but the archived
    kSpecific,  // those of `specific`
  };
  Kind kind = Kind::kDefault;
  std::size_t latest = 0;
  std::vector<std::string> specific = {};  // model_ids

  friend bool operator==(const VersionPolicy&, const VersionPolicy&) = default;
};

// What a name's requests are given to beside its version in production. Empty ids: nothing.
struct Traffic {
  std::string canary = {};  // model_id that answers `share` of the requests
  double share = 0;         // 0 to 1
  std::string shadow = {};  // model_id that scores the same rows; only compared, never answered

  friend bool operator==(const Traffic&, const Traffic&) = default;
};

// How a name is to be served: the desired state that every replica follows.
struct ServingState {
  VersionPolicy policy;
  Traffic traffic;
  enum class Residence : std::uint8_t { kLoaded, kUnloaded } residence = Residence::kLoaded;

  friend bool operator==(const ServingState&, const ServingState&) = default;
};

}  // namespace geoclimate::registry
