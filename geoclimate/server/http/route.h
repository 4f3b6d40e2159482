#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/server/http/method.h"
#include "geoclimate/server/http/request.h"
#include "geoclimate/server/http/response.h"

namespace geoclimate::server::http {

// What a caller must be allowed to do. kNone is open to everybody.
enum class Scope : std::uint8_t { kNone, kRead, kPredict, kAdmin };

// Which port serves the row: the API (8000), management (8002, admin token), or the internal one
// for scrapes (9090).
enum class Listener : std::uint8_t { kPublic, kManagement, kMetrics };

// Where the handler runs.
//   kInline      on the connection's I/O thread, to completion: it must neither block nor take
//   longer than about 0.25 ms
//                (longer work: Response::Continue).
//   the others   on a pool of threads, so that the connection waits and others do not. When the
//                pool's queue is full the server answers 503 with Retry-After. Steps of its
//                ResponseTask run there too.
// Each service that may hang has a pool of its own: who waits for the database keeps nobody from
// the metrics.
//   kBackground  what takes long or waits for a lock, and for nothing outside the process
//   kDatabase    what waits for the database
//   kStorage     what waits for the store of models and tables
enum class Execution : std::uint8_t { kInline, kBackground, kDatabase, kStorage };

// Whether a request changes what is served or stored, of which the audit then tells.
//   kByMethod    all methods but GET do
//   kNone        none does: the method is POST because the question is long
enum class Effect : std::uint8_t { kByMethod, kNone };

// Fills `response`, or returns an error, which the server renders as the platform's error body with
// the status of error_response.h; what the handler had put into `response` is then dropped. Called
// from several threads at once.
using Handler = std::function<base::Result<void>(const Request&, Response&)>;

// A parameter of the query or the path, for the documentation. `schema` is JSON Schema,
// {"type":"string"}.
struct ParameterDoc {
  enum class In : std::uint8_t { kQuery, kPath, kHeader };
  std::string_view name;
  In in = In::kQuery;
  enum class Presence : std::uint8_t { kOptional, kRequired } presence = Presence::kOptional;
  std::string_view schema;
  std::string_view description;
};

// A possible answer beside the ones that every route shares (401, 404, 405, 413, 415, 422, 503).
struct ResponseDoc {
  int status;
  std::string_view description;
  std::string_view content_type;  // empty: no body
  std::string_view schema;        // the name of a SchemaDoc, or JSON Schema in braces
};

// A named schema, "#/components/schemas/NAME" in OpenAPI. `json` is JSON Schema of draft 2020-12.
struct SchemaDoc {
  std::string_view name;
  std::string_view json;
};

// One row of the route table, which serves, documents and tests the API. Views are literals.
struct Route {
  Method method;
  // Segments are literal or one "{parameter}": "/models/{model_id}/promote". A literal wins over a
  // parameter.
  std::string_view path;
  Scope scope;
  Listener listener;
  Execution execution = Execution::kInline;
  Effect effect = Effect::kByMethod;

  // Longest body, inflated; over it 413. Zero: the method has none, and one that is sent all the
  // same is 413.
  std::size_t max_body_bytes = 0;
  // Media types of the body; another is 415, none is taken for the first. Empty: any.
  std::vector<std::string_view> consumes = {};

  std::string_view summary = {};
  std::string_view tag = {};  // groups rows in the documentation
  std::vector<ParameterDoc> parameters = {};
  std::string_view request_schema = {};  // as ResponseDoc::schema
  std::vector<ResponseDoc> responses = {};

  Handler handler = {};
};

// Whether requests to the row must stand in the audit.
constexpr bool IsAudited(const Route& route) {
  return route.method != Method::kGet && route.effect == Effect::kByMethod;
}

// All rows and schemas of a server. Modules of routes append to it:
//
//   void AddForecastRoutes(const service::Forecasts& forecasts, RouteTable& table);
struct RouteTable {
  std::vector<Route> routes;
  std::vector<SchemaDoc> schemas;
};

}  // namespace geoclimate::server::http
