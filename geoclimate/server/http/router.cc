#include "geoclimate/server/http/router.h"

#include <algorithm>
#include <utility>

#include "geoclimate/server/http/query_string.h"

namespace geoclimate::server::http {
namespace {

std::string_view TakeSegment(std::string_view& rest) {
  const std::size_t slash = rest.find('/');
  const std::string_view segment = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  return segment;
}

bool IsParameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::string RowName(const Route& route) {
  return "route " + std::string(MethodName(route.method)) + " " + std::string(route.path);
}

base::Result<void> CheckRow(const Route& route) {
  const auto refuse = [&](std::string_view why) {
    return base::InvalidArgument(RowName(route) + ": " + std::string(why));
  };
  if (route.path.empty() || route.path.front() != '/') return refuse("the path begins with '/'");
  if (!route.handler) return refuse("it has no handler");
  if (route.method == Method::kHead || route.method == Method::kOptions) {
    return refuse("HEAD and OPTIONS are answered by the server");
  }
  if (route.scope == Scope::kAdmin && route.listener != Listener::kManagement) {
    return refuse("scope admin is served by the management listener only");
  }
  std::size_t parameters = 0;
  for (std::string_view rest = route.path.substr(1); !rest.empty();) {
    const std::string_view segment = TakeSegment(rest);
    if (IsParameter(segment)) {
      ++parameters;
    } else if (segment.find_first_of("{}%?#") != std::string_view::npos) {
      return refuse("a segment is literal or one {parameter}");
    }
  }
  if (parameters > Router::kMaxPathParameters) return refuse("it has too many parameters");
  return {};
}

}  // namespace

base::Result<Router> Router::Build(const RouteTable& table, Listener listener) {
  Router router;
  for (const Route& route : table.routes) {
    if (route.listener == listener) GC_RETURN_IF_ERROR(router.Add(route));
  }
  return router;
}

base::Result<void> Router::Add(const Route& route) {
  GC_RETURN_IF_ERROR(CheckRow(route));
  Node* node = root_.get();
  for (std::string_view rest = route.path.substr(1); !rest.empty();) {
    const std::string_view segment = TakeSegment(rest);
    if (IsParameter(segment)) {
      if (node->parameter == nullptr) node->parameter = std::make_unique<Node>();
      node = node->parameter.get();
      continue;
    }
    const auto known = std::find_if(node->literals.begin(), node->literals.end(),
                                    [&](const auto& entry) { return entry.first == segment; });
    if (known != node->literals.end()) {
      node = known->second.get();
    } else {
      node->literals.emplace_back(segment, std::make_unique<Node>());
      node = node->literals.back().second.get();
    }
  }
  const Route*& slot = node->routes[static_cast<std::size_t>(route.method)];
  if (slot != nullptr) return base::InvalidArgument(RowName(route) + ": it is in the table twice");
  slot = &route;
  NameAllowed(*node);
  return {};
}

void Router::NameAllowed(Node& node) {
  node.allow.clear();
  for (std::size_t i = 0; i < node.routes.size(); ++i) {
    if (node.routes[i] == nullptr) continue;
    const Method method = static_cast<Method>(i);
    node.allow += MethodName(method);
    node.allow += method == Method::kGet ? ", HEAD, " : ", ";
  }
  node.allow += "OPTIONS";
}

const Router::Node* Router::Walk(const Node& node, std::string_view rest,
                                 std::span<std::string_view> values, std::size_t& count) {
  const std::string_view segment = TakeSegment(rest);
  const bool last = rest.empty();
  const auto descend = [&](const Node& child) -> const Node* {
    if (!last) return Walk(child, rest, values, count);
    return child.allow.empty() ? nullptr : &child;
  };
  for (const auto& [name, child] : node.literals) {
    if (name == segment) {
      if (const Node* found = descend(*child)) return found;
      break;
    }
  }
  if (node.parameter != nullptr && !segment.empty() && count < values.size()) {
    values[count++] = segment;
    if (const Node* found = descend(*node.parameter)) return found;
    --count;
  }
  return nullptr;
}

const Router::Node* Router::Locate(std::string_view path, std::span<std::string_view> values,
                                   std::size_t& count) const {
  if (path.empty() || path.front() != '/') return nullptr;
  if (path.size() == 1) return root_->allow.empty() ? nullptr : root_.get();
  if (path.back() == '/') return nullptr;
  return Walk(*root_, path.substr(1), values, count);
}

Router::Match Router::Find(Method method, std::string_view path, Arena& arena) const {
  Match match;
  std::array<std::string_view, kMaxPathParameters> values;
  std::size_t count = 0;
  const Node* node = Locate(path, values, count);
  if (node == nullptr) return match;
  const Method row = method == Method::kHead ? Method::kGet : method;
  const Route* route = node->routes[static_cast<std::size_t>(row)];
  if (route == nullptr) {
    match.outcome = Outcome::kNoSuchMethod;
    match.allow = node->allow;
    return match;
  }
  std::string_view names = route->path.substr(1);
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view name = TakeSegment(names);
    while (!IsParameter(name)) name = TakeSegment(names);
    const auto value = DecodeComponent(values[i], PlusSign::kLiteral, arena);
    if (!value.ok() || value->empty()) {
      match.outcome = Outcome::kBadEncoding;
      return match;
    }
    match.parameters[i] = {name.substr(1, name.size() - 2), *value};
  }
  match.outcome = Outcome::kFound;
  match.route = route;
  match.parameter_count = count;
  return match;
}

Router::Match Router::FindPath(std::string_view path) const {
  Match match;
  std::array<std::string_view, kMaxPathParameters> values;
  std::size_t count = 0;
  if (const Node* node = Locate(path, values, count)) {
    match.outcome = Outcome::kNoSuchMethod;
    match.allow = node->allow;
  }
  return match;
}

}  // namespace geoclimate::server::http
