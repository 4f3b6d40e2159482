#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/json_fields.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

base::Result<void> AnswerHistory(const service::Models& models, const Request& request,
                                 Response& response) {
  GC_ASSIGN_OR_RETURN(const std::vector<registry::HistoryEntry> history,
                      models.History(request.path_parameter("model_name")));
  formats::JsonWriter json(response.body());
  json.BeginArray();
  for (const registry::HistoryEntry& entry : history) {
    json.BeginObject().Key("generation").Integer(static_cast<std::int64_t>(entry.generation));
    json.Key("who").String(entry.actor).Key("what").String(entry.action);
    json.Key("target").String(entry.target);
    TimestampField(json, "when", entry.at);
    json.Key("from").String(entry.from).Key("to").String(entry.to);
    json.Key("why").String(entry.why).EndObject();
  }
  json.EndArray();
  return {};
}

}  // namespace

void AddModelHistoryRoute(const service::Models& models, RouteTable& table) {
  for (const Listener listener : {Listener::kPublic, Listener::kManagement}) {
    table.routes.push_back(
        {.method = Method::kGet,
         .path = "/models/{model_name}/history",
         .scope = listener == Listener::kPublic ? Scope::kRead : Scope::kAdmin,
         .listener = listener,
         .execution = Execution::kStorage,
         .summary = "Who changed what of a model, when and why",
         .tag = "Models",
         .parameters = {{.name = "model_name",
                         .in = ParameterDoc::In::kPath,
                         .presence = ParameterDoc::Presence::kRequired,
                         .schema = R"({"type":"string"})",
                         .description = "The model"}},
         .responses = {{200, "Oldest first", "application/json",
                        R"({"type":"array","items":{"type":"object","properties":{
                            "generation":{"type":"integer"},"who":{"type":"string"},
                            "what":{"type":"string"},"target":{"type":"string"},
                            "when":{"type":"string","format":"date-time"},
                            "from":{"type":"string"},"to":{"type":"string"},
                            "why":{"type":"string"}}}})"},
                       {404, "No such model", "application/json", "Error"}},
         .handler = [&models](const Request& request, Response& response) {
           return AnswerHistory(models, request, response);
         }});
  }
}

}  // namespace geoclimate::server::http::routes
