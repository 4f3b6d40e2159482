#include <cstdint>
#include <utility>

#include "geoclimate/server/http/routes/cache_change.h"
#include "geoclimate/server/http/routes/model_change.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

base::Result<void> Warm(service::CacheControl& caches, const base::Clock& clock,
                        const Request& request, Response& response) {
  constexpr std::int64_t kMostRows = 100'000;
  constexpr std::int64_t kUsualRows = 1000;
  QueryFields query(request);
  const auto model_name = query.Text("model_name").value_or("");
  const auto rows = query.Integer("rows", 1, kMostRows).value_or(kUsualRows);
  const base::Deadline wait = WaitFrom(query, clock);
  const registry::Request who = RequestFrom(query, request);
  if (query.AnswerInvalid(response)) return {};
  GC_ASSIGN_OR_RETURN(const service::CacheChange change,
                      caches.Warm(model_name, static_cast<std::uint64_t>(rows), who, wait));
  RenderCacheChange("caches are warmed for the versions in production", change, response);
  return {};
}

}  // namespace

void AddCacheWarmRoute(service::CacheControl& caches, const base::Clock& clock, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kPost,
       .path = "/admin/cache/warm",
       .scope = Scope::kAdmin,
       .listener = Listener::kManagement,
       .execution = Execution::kBackground,
       .summary = "Answer the rows that other versions were asked for most by those in production",
       .tag = "Model management",
       .parameters = {{.name = "model_name",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"string"})",
                       .description = "The model; without it every one in production"},
                      {.name = "rows",
                       .in = ParameterDoc::In::kQuery,
                       .schema =
                           R"({"type":"integer","minimum":1,"maximum":100000,"default":1000})",
                       .description = "At most so many a model"},
                      ReasonParameter(),
                      WaitParameter()},
       .responses = {{200, "The order is given", "application/json", "CacheChange"},
                     {404, "No such model in production", "application/json", "Error"}},
       .handler = [&caches, &clock](const Request& request, Response& response) {
         return Warm(caches, clock, request, response);
       }});
}

}  // namespace geoclimate::server::http::routes
