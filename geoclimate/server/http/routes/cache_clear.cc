#include <utility>

#include "geoclimate/server/http/routes/cache_change.h"
#include "geoclimate/server/http/routes/model_change.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

base::Result<void> Clear(service::CacheControl& caches, const base::Clock& clock,
                         const Request& request, Response& response) {
  QueryFields query(request);
  const base::Deadline wait = WaitFrom(query, clock);
  const registry::Request who = RequestFrom(query, request);
  if (query.AnswerInvalid(response)) return {};
  GC_ASSIGN_OR_RETURN(const service::CacheChange change, caches.Clear(who, wait));
  RenderCacheChange("cached predictions are forgotten", change, response);
  return {};
}

}  // namespace

void AddCacheClearRoute(service::CacheControl& caches, const base::Clock& clock,
                        RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kDelete,
       .path = "/admin/cache",
       .scope = Scope::kAdmin,
       .listener = Listener::kManagement,
       .execution = Execution::kBackground,
       .summary = "Forget every cached prediction, in every process of this store",
       .tag = "Model management",
       .parameters = {ReasonParameter(), WaitParameter()},
       .responses = {{200, "The order is given", "application/json", "CacheChange"}},
       .handler = [&caches, &clock](const Request& request, Response& response) {
         return Clear(caches, clock, request, response);
       }});
  table.schemas.push_back(CacheChangeSchema());
}

}  // namespace geoclimate::server::http::routes
