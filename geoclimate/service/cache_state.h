#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"

namespace geoclimate::service {

// What every process that serves from one store shall have done with its caches:
// docs/formats/cache_state.md. A generation counts the orders of both kinds from 1; 0 is none yet.
struct CacheState {
  std::uint64_t generation = 0;

  // The last order to forget everything.
  std::uint64_t cleared = 0;
  // The last order to warm, and what it was.
  struct Warming {
    std::uint64_t generation = 0;
    std::string model_name;  // empty: every model in production
    std::uint64_t rows = 0;
  } warming;

  // Of the last order: when, who, and why.
  base::Timestamp at{};
  std::string actor;
  std::string reason;
};

std::string EncodeCacheState(const CacheState& state);
// kDataLoss for bytes that are none.
base::Result<CacheState> ParseCacheState(std::string_view bytes);

}  // namespace geoclimate::service
