#include "geoclimate/blob/blob_store.h"

#include <algorithm>

#include <fmt/format.h>

namespace geoclimate::blob {
namespace {

constexpr std::size_t kMostKeyBytes = 800;
constexpr std::size_t kMostSegmentBytes = 200;

bool IsKeyCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

// What is wrong with a segment, or nothing.
std::string_view SegmentFault(std::string_view segment) {
  if (segment.empty()) return "a segment is empty";
  if (segment.size() > kMostSegmentBytes) return "a segment is longer than 200 characters";
  if (segment == "." || segment == "..") return "a segment is '.' or '..'";
  if (!std::ranges::all_of(segment, IsKeyCharacter)) {
    return "a character is not one of A-Z, a-z, 0-9, '.', '_', '-'";
  }
  return {};
}

}  // namespace

base::Result<void> ValidateKey(std::string_view key) {
  std::string_view fault;
  if (key.size() > kMostKeyBytes) fault = "it is longer than 800 characters";
  for (std::string_view rest = key; fault.empty();) {
    const std::size_t slash = rest.find('/');
    fault = SegmentFault(rest.substr(0, slash));
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (fault.empty()) return {};
  return base::InvalidArgument(
      fmt::format("'{}' cannot be a blob's key: {}", key.substr(0, kMostSegmentBytes), fault));
}

}  // namespace geoclimate::blob
