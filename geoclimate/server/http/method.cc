#include "geoclimate/server/http/method.h"

#include <array>
#include <cstddef>

namespace geoclimate::server::http {
namespace {

constexpr std::array<std::string_view, kMethodCount> kNames = {"GET",    "HEAD",  "POST",   "PUT",
                                                               "DELETE", "PATCH", "OPTIONS"};

}  // namespace

std::string_view MethodName(Method method) {
  return kNames[static_cast<std::size_t>(method)];
}

std::optional<Method> ParseMethod(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i]) return static_cast<Method>(i);
  }
  return std::nullopt;
}

}  // namespace geoclimate::server::http
