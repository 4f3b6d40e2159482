#include "geoclimate/access/scope.h"

#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace geoclimate::access {
namespace {

constexpr std::array<std::pair<std::string_view, Scope>, 3> kNames = {
    {{"admin", Scope::kAdmin}, {"predict", Scope::kPredict}, {"read", Scope::kRead}}};

std::optional<Scope> Find(std::string_view name) {
  for (const auto& [known, scope] : kNames) {
    if (known == name) return scope;
  }
  return std::nullopt;
}

}  // namespace

std::string_view ScopeName(Scope scope) {
  for (const auto& [name, known] : kNames) {
    if (known == scope) return name;
  }
  return {};
}

base::Result<ScopeSet> ScopeSet::Parse(std::string_view text) {
  constexpr std::string_view kBetween = ", ";
  ScopeSet scopes;
  while (true) {
    const std::size_t start = text.find_first_not_of(kBetween);
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    const std::string_view name = text.substr(0, text.find_first_of(kBetween));
    const std::optional<Scope> scope = Find(name);
    if (!scope.has_value()) {
      return base::InvalidArgument(
          fmt::format("'{}' is no scope: read, predict and admin are", name.substr(0, 40)));
    }
    scopes.Add(*scope);
    text.remove_prefix(name.size());
  }
  if (scopes.empty()) return base::InvalidArgument("no scope is named: read, predict or admin");
  return scopes;
}

std::string ScopeSet::ToString() const {
  std::string text;
  for (const auto& [name, scope] : kNames) {
    if ((bits_ & static_cast<std::uint8_t>(scope)) == 0) continue;
    if (!text.empty()) text += ',';
    text += name;
  }
  return text;
}

}  // namespace geoclimate::access
