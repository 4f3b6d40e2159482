#pragma once

#include <string>
#include <string_view>

#include "geoclimate/server/http/route.h"

namespace geoclimate::server::http {

// What the table says about itself. Only rows of the public listener are shown.

// An OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.0).
std::string RenderOpenApi(const RouteTable& table, std::string_view version);
// One HTML page without scripts and without anything from elsewhere.
std::string RenderDocsPage(const RouteTable& table, std::string_view version);

// Adds GET /openapi.json and GET /docs, rendered from the table as it is then, to the public
// listener.
void AddDocumentationRoutes(RouteTable& table, std::string_view version);

}  // namespace geoclimate::server::http
