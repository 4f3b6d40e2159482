#include <utility>

#include <fmt/format.h>

#include "geoclimate/server/http/routes/cache_change.h"
#include "geoclimate/server/http/routes/management.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

base::Result<void> Clear(service::CacheControl& caches, ManagementCall& call) {
  GC_ASSIGN_OR_RETURN(const service::CacheChange change, caches.Clear(call.who, call.wait));
  call.audit.to = fmt::format("generation {}", change.generation);
  RenderCacheChange("cached predictions are forgotten", change, call.response);
  return {};
}

}  // namespace

void AddCacheClearRoute(service::CacheControl& caches, const Management& management,
                        RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kDelete,
       .path = "/admin/cache",
       .scope = Scope::kAdmin,
       .listener = Listener::kManagement,
       .execution = Execution::kStorage,
       .summary = "Forget every cached prediction, in every process of this store",
       .tag = "Model management",
       .parameters = {ReasonParameter(), WaitParameter()},
       .responses = {{200, "The order is given", "application/json", "CacheChange"}},
       .handler = ManagementHandler(management, "cache.clear", "", [&caches](ManagementCall& call) {
         return Clear(caches, call);
       })});
  table.schemas.push_back(CacheChangeSchema());
}

}  // namespace geoclimate::server::http::routes
