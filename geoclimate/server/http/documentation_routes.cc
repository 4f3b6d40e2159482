#include <memory>
#include <utility>

#include "geoclimate/server/http/documentation.h"

namespace geoclimate::server::http {
namespace {

Route Page(std::string_view path, std::string_view summary, std::string_view content_type) {
  Route route;
  route.method = Method::kGet;
  route.path = path;
  route.scope = Scope::kNone;
  route.listener = Listener::kPublic;
  route.summary = summary;
  route.tag = "Documentation";
  route.responses = {{200, summary, content_type, ""}};
  return route;
}

Handler Serve(std::shared_ptr<const std::string> page, std::string_view content_type) {
  return [page = std::move(page), content_type](const Request&, Response& response) {
    response.set_content_type(content_type);
    response.body() = *page;
    return base::Result<void>();
  };
}

}  // namespace

void AddDocumentationRoutes(RouteTable& table, std::string_view version, access::Keyless keyless) {
  constexpr std::string_view kHtml = "text/html; charset=utf-8";
  constexpr std::string_view kJson = "application/json";
  Route openapi = Page("/openapi.json", "This API as an OpenAPI 3.1 document", kJson);
  Route docs = Page("/docs", "This API as a page to read", kHtml);
  Route management = openapi;
  management.listener = Listener::kManagement;
  management.scope = Scope::kAdmin;
  const std::size_t first = table.routes.size();
  table.routes.insert(table.routes.end(), {openapi, docs, management});
  // They describe themselves too.
  auto document = std::make_shared<const std::string>(
      RenderOpenApi(table, version, Listener::kPublic, keyless));
  auto managed = std::make_shared<const std::string>(
      RenderOpenApi(table, version, Listener::kManagement, access::Keyless::kNever));
  auto page = std::make_shared<const std::string>(RenderDocsPage(table, version));
  table.routes[first].handler = Serve(std::move(document), kJson);
  table.routes[first + 1].handler = [serve = Serve(std::move(page), kHtml)](const Request& request,
                                                                            Response& response) {
    response.AddHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    return serve(request, response);
  };
  table.routes[first + 2].handler = Serve(std::move(managed), kJson);
}

}  // namespace geoclimate::server::http
