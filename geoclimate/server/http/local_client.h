#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/server/http/route.h"
#include "geoclimate/server/http/server.h"

namespace geoclimate::server::http {

// An answer as a caller sees it: head parsed, chunks joined.
struct LocalAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // The first field of that name, without regard to case; empty when there is none.
  std::string_view header(std::string_view name) const;
};

// Runs a route table without sockets: the server's own parser, router, limits and renderer on bytes
// in memory, in the calling thread. For tests of routes and for fuzzers.
//
//   LocalClient client(std::move(table), clock);
//   LocalAnswer answer = client.Get("/v1/aqi?pollutant=pm25&concentration=12");
//   EXPECT_EQ(answer.status, 200);
//
// kBackground handlers run inline. Host is "localhost". Not thread-safe.
class LocalClient {
 public:
  // `clock` must outlive the client. A table that Server::Start would refuse is a bug here.
  LocalClient(RouteTable table, const base::Clock& clock, ServerOptions options = {},
              Listener listener = Listener::kPublic);
  ~LocalClient();

  using Fields = std::vector<std::pair<std::string, std::string>>;
  LocalAnswer Get(std::string_view target, const Fields& fields = {});
  LocalAnswer Post(std::string_view target, std::string_view media_type, std::string_view body,
                   const Fields& fields = {});
  LocalAnswer Send(Method method, std::string_view target, std::string_view body,
                   const Fields& fields);

  // What a connection answers on which `bytes` arrive, `piece_bytes` at a time, and nothing that
  // comes after it closed.
  std::string Exchange(std::string_view bytes,
                       std::size_t piece_bytes = std::numeric_limits<std::size_t>::max());

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace geoclimate::server::http
