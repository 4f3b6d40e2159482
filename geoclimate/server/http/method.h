#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace geoclimate::server::http {

// The methods that routes may have. HEAD is answered by the GET of its path, OPTIONS by the server.
enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kPatch, kOptions };

inline constexpr int kMethodCount = 7;

// "GET".
std::string_view MethodName(Method method);
// Methods are case-sensitive (RFC 9110, 9.1); nothing for one that is not listed above.
std::optional<Method> ParseMethod(std::string_view name);

}  // namespace geoclimate::server::http
