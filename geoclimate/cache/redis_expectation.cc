#include "geoclimate/cache/redis_expectation.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace geoclimate::cache {
namespace {

// What stands after "name:" in a line of its own.
std::optional<std::string_view> Field(std::string_view info, std::string_view name) {
  while (!info.empty()) {
    std::string_view line = info.substr(0, info.find('\n'));
    info.remove_prefix(std::min(info.size(), line.size() + 1));
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ':') continue;
    line.remove_prefix(name.size() + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  return {};
}

// The server's word is not to be trusted in a log.
bool IsPlain(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  return text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

}  // namespace

std::vector<std::string> Differences(const RedisExpectation& expected, std::string_view info) {
  std::vector<std::string> found;
  if (const auto text = Field(info, "maxmemory"); text && expected.max_memory > 0) {
    std::uint64_t bytes = 0;
    const auto parsed = std::from_chars(text->data(), text->data() + text->size(), bytes);
    if (parsed.ec == std::errc() && bytes != expected.max_memory) {
      found.push_back(
          fmt::format("maxmemory is {} bytes, expected {}", bytes, expected.max_memory));
    }
  }
  if (const auto policy = Field(info, "maxmemory_policy");
      policy && !expected.eviction_policy.empty() && *policy != expected.eviction_policy) {
    found.push_back(fmt::format("maxmemory-policy is {}, expected {}",
                                IsPlain(*policy) ? *policy : "unreadable",
                                expected.eviction_policy));
  }
  return found;
}

}  // namespace geoclimate::cache
