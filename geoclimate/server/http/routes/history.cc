#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/server/http/routes/history_rows.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

class HistoryHandler {
 public:
  HistoryHandler(const service::Sites& sites, const service::SiteValues& values)
      : sites_(sites), values_(values) {}

  base::Result<void> operator()(const Request& request, Response& response) const {
    QueryFields query(request);
    query.Required("site");
    const auto id = query.Site("site");
    const auto from = query.Day("from");
    const auto to = query.Day("to");
    HistoryWish wish;
    wish.query.pollutant = query.PollutantOf("pollutant");
    wish.query.received_by = query.Moment("as_of").value_or(request.timestamp());
    wish.format = static_cast<HistoryFormat>(query.Choice("format", {"json", "csv"}));
    if (from && to && *to < *from) query.Wrong("to", "before 'from'");
    if (query.AnswerInvalid(response)) return {};
    const auto directory = sites_.Directory();
    const service::ListedSite* site = directory->Find(*id);
    if (site == nullptr) {
      return base::NotFound(fmt::format("there is no site '{}'", id->ToString()));
    }
    // Days before the first and after the last hold nothing: a caller cannot make the answer walk
    // through centuries.
    const auto first = site->FirstDay();
    const auto last = site->LastDay();
    wish.query.from = from.value_or(first.value_or(base::LocalDay()));
    wish.query.to = to.value_or(last.value_or(wish.query.from));
    if (first && last) {
      wish.query.from = std::clamp(wish.query.from, *first, *last + std::chrono::days(1));
      wish.query.to = std::min(wish.query.to, *last);
    }
    if (wish.format == HistoryFormat::kCsv) response.set_content_type("text/csv; charset=utf-8");
    response.Continue(Response::Delivery::kStreamed, MakeHistoryTask(values_, site->site, wish));
    return {};
  }

 private:
  const service::Sites& sites_;
  const service::SiteValues& values_;
};

}  // namespace

void AddHistoryRoute(const service::Sites& sites, const service::SiteValues& values,
                     RouteTable& table) {
  const auto parameter = [](std::string_view name, std::string_view schema,
                            std::string_view description) {
    return ParameterDoc{
        .name = name, .in = ParameterDoc::In::kQuery, .schema = schema, .description = description};
  };
  Route route{
      .method = Method::kGet,
      .path = "/v1/history",
      .scope = Scope::kRead,
      .listener = Listener::kPublic,
      .execution = Execution::kDatabase,
      .summary = "The observations of a site, streamed",
      .tag = "Air quality",
      .parameters = {parameter("site", R"({"type":"string"})", "Site id, 06-037-1103"),
                     parameter("pollutant", R"({"type":"string"})", "All by default"),
                     parameter("from", R"({"type":"string","format":"date"})", "The first day"),
                     parameter("to", R"({"type":"string","format":"date"})", "The last day"),
                     parameter("format", R"({"enum":["json","csv"],"default":"json"})",
                               "Of the answer"),
                     parameter("as_of", R"({"type":"string"})",
                               "A day or a moment: the values as they were known then")},
      .responses = {{200, "Of each measurement the version that counts", "application/json",
                     "History"},
                    {404, "No such site", "application/json", "Error"}},
      .handler = HistoryHandler(sites, values)};
  route.parameters.front().presence = ParameterDoc::Presence::kRequired;
  table.routes.push_back(std::move(route));
}

}  // namespace geoclimate::server::http::routes
