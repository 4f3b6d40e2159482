#include "geoclimate/server/http/frontend.h"

#include <utility>

#include "geoclimate/server/http/documentation.h"

namespace geoclimate::server::http {

Frontend::Frontend(ServerOptions options, RouteTable table, Server::Surroundings surroundings)
    : options_(std::move(options)),
      table_(std::move(table)),
      surroundings_(surroundings),
      rules_(options_) {}

base::Result<std::unique_ptr<const Frontend>> Frontend::Build(ServerOptions options,
                                                              RouteTable table,
                                                              Server::Surroundings surroundings) {
  GC_RETURN_IF_ERROR(options.Validate());
  GC_RETURN_IF_ERROR(access::CheckCanKnowCallers(options.keyless, surroundings.authentication));
  AddDocumentationRoutes(table, options.version, options.keyless);
  std::unique_ptr<Frontend> frontend(
      new Frontend(std::move(options), std::move(table), surroundings));
  if (frontend->options_.tls.enabled()) {
    GC_ASSIGN_OR_RETURN(frontend->tls_, TlsContext::Open(frontend->options_.tls));
  }
  for (const Listener listener : {Listener::kPublic, Listener::kManagement, Listener::kMetrics}) {
    GC_ASSIGN_OR_RETURN(Router router, Router::Build(frontend->table_, listener));
    frontend->routers_.push_back(std::move(router));
  }
  return std::unique_ptr<const Frontend>(std::move(frontend));
}

}  // namespace geoclimate::server::http
