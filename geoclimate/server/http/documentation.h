#pragma once

#include <string>
#include <string_view>

#include "geoclimate/access/keyless.h"
#include "geoclimate/server/http/route.h"

namespace geoclimate::server::http {

// What the table says about itself.

// An OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.0) of the rows of a listener. Each operation
// names its scope as "x-scope".
std::string RenderOpenApi(const RouteTable& table, std::string_view version, Listener listener,
                          access::Keyless keyless);
// One HTML page of the public rows, without scripts and without anything from elsewhere.
std::string RenderDocsPage(const RouteTable& table, std::string_view version);

// Adds GET /openapi.json and GET /docs, rendered from the table as it is then, to the public
// listener, and GET /openapi.json to the management listener.
void AddDocumentationRoutes(RouteTable& table, std::string_view version, access::Keyless keyless);

}  // namespace geoclimate::server::http
