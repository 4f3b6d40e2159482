#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/server/http/arena.h"
#include "geoclimate/server/http/route.h"

namespace geoclimate::server::http {

// Finds the row of a listener's table for a path: a tree of segments, no regular expressions, no
// allocation. Immutable: thread-safe.
class Router {
 public:
  static constexpr std::size_t kMaxPathParameters = 4;

  enum class Outcome : std::uint8_t { kFound, kNoSuchPath, kNoSuchMethod, kBadEncoding };
  struct Match {
    Outcome outcome = Outcome::kNoSuchPath;
    const Route* route = nullptr;  // kFound only
    std::string_view allow;        // kNoSuchMethod: the value of Allow; valid as long as the router
    std::size_t parameter_count = 0;
    std::array<PathParameter, kMaxPathParameters>
        parameters;  // decoded into the arena where needed
  };

  // The rows of `table` for `listener`; `table` outlives the router. kInvalidArgument naming the
  // row whose template is malformed, that repeats another's method and path, that needs kAdmin on
  // another listener than management, or that has no handler.
  static base::Result<Router> Build(const RouteTable& table, Listener listener);

  // `path` is as sent, without the query. A literal segment wins over a parameter; HEAD finds the
  // row of GET. A parameter is never empty, so that "/models/" is not "/models/{model_id}".
  Match Find(Method method, std::string_view path, Arena& arena) const;
  // For a method that has no name here: kNoSuchMethod or kNoSuchPath.
  Match FindPath(std::string_view path) const;

 private:
  struct Node {
    std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;
    std::unique_ptr<Node> parameter;
    std::array<const Route*, kMethodCount> routes{};
    std::string allow;  // empty: the path ends nowhere here
  };

  Router() : root_(std::make_unique<Node>()) {}
  base::Result<void> Add(const Route& route);
  static void NameAllowed(Node& node);
  static const Node* Walk(const Node& node, std::string_view rest,
                          std::span<std::string_view> values, std::size_t& count);
  const Node* Locate(std::string_view path, std::span<std::string_view> values,
                     std::size_t& count) const;

  std::unique_ptr<Node> root_;
};

}  // namespace geoclimate::server::http
