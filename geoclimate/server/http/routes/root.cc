#include <utility>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {

void AddRootRoute(std::string version, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/",
       .scope = Scope::kNone,
       .listener = Listener::kPublic,
       .summary = "What this is",
       .tag = "Service",
       .responses = {{200, "Name, version, and where the documentation is", "application/json",
                      R"({"type":"object","required":["message","version","docs"],"properties":{
                          "message":{"type":"string"},"version":{"type":"string"},
                          "docs":{"type":"string"}}})"}},
       .handler = [version = std::move(version)](const Request&,
                                                 Response& response) -> base::Result<void> {
         formats::JsonWriter(response.body())
             .BeginObject()
             .Key("message")
             .String("geo-climate: air-quality measurements in, forecasts out")
             .Key("version")
             .String(version)
             .Key("docs")
             .String("/docs")
             .EndObject();
         return {};
       }});
}

}  // namespace geoclimate::server::http::routes
