#include <cstdint>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/server/http/routes/cache_change.h"
#include "geoclimate/server/http/routes/management.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

struct Fields {
  std::string_view model_name;
  std::uint64_t rows = 0;
};

Fields ReadFields(QueryFields& query) {
  constexpr std::int64_t kMostRows = 100'000;
  constexpr std::int64_t kUsualRows = 1000;
  return {
      .model_name = query.Text("model_name").value_or(""),
      .rows = static_cast<std::uint64_t>(query.Integer("rows", 1, kMostRows).value_or(kUsualRows))};
}

base::Result<void> Warm(service::CacheControl& caches, ManagementCall& call, const Fields& fields) {
  call.audit.subject = fields.model_name;
  GC_ASSIGN_OR_RETURN(const service::CacheChange change,
                      caches.Warm(fields.model_name, fields.rows, call.who, call.wait));
  call.audit.to = fmt::format("{} rows, generation {}", fields.rows, change.generation);
  RenderCacheChange("caches are warmed for the versions in production", change, call.response);
  return {};
}

}  // namespace

void AddCacheWarmRoute(service::CacheControl& caches, const Management& management,
                       RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kPost,
       .path = "/admin/cache/warm",
       .scope = Scope::kAdmin,
       .listener = Listener::kManagement,
       .execution = Execution::kStorage,
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
       .handler = ManagementHandler(management, "cache.warm", "", ReadFields,
                                    [&caches](ManagementCall& call, const Fields& fields) {
                                      return Warm(caches, call, fields);
                                    })});
}

}  // namespace geoclimate::server::http::routes
