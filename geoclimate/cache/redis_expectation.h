#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace geoclimate::cache {

// What the operator says about the server. It is only compared with what the server says: nothing
// is set there.
struct RedisExpectation {
  std::uint64_t max_memory = 0;  // bytes; 0: anything
  std::string eviction_policy;   // "allkeys-lru"; empty: anything
};

// What differs, a sentence each, by the server's answer to INFO memory. What the answer does not
// say is not judged.
std::vector<std::string> Differences(const RedisExpectation& expected, std::string_view info);

}  // namespace geoclimate::cache
