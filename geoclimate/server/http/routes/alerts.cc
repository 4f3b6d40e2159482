#include <string>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/alert_json.h"
#include "geoclimate/server/http/routes/management.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

constexpr std::string_view kTag = "Alerts";

base::Result<void> ListAlerts(service::Alerts& alerts, const Request& request, Response& response) {
  GC_ASSIGN_OR_RETURN(const std::vector<service::Alert> found,
                      alerts.List(AlertOwnerOf(request.caller())));
  formats::JsonWriter json(response.body());
  json.BeginObject().Key("alerts").BeginArray();
  for (const service::Alert& alert : found) {
    json.BeginObject();
    WriteAlert(json, alert);
    json.EndObject();
  }
  json.EndArray().EndObject();
  return {};
}

base::Result<void> ShowAlert(service::Alerts& alerts, const Request& request, Response& response) {
  GC_ASSIGN_OR_RETURN(const service::Alert alert, alerts.Find(AlertOwnerOf(request.caller()),
                                                              request.path_parameter("alert_id")));
  formats::JsonWriter json(response.body());
  json.BeginObject();
  WriteAlert(json, alert);
  json.EndObject();
  return {};
}

base::Result<void> CreateAlert(service::Alerts& alerts, ManagementCall& call) {
  GC_ASSIGN_OR_RETURN(const service::NewAlert made,
                      alerts.Create(AlertOwnerOf(call.request.caller()), call.request.body()));
  call.audit.to = made.alert.id;
  call.response.set_status(201);
  call.response.AddHeader("Location", "/v1/alerts/" + made.alert.id);
  // A secret in it.
  call.response.AddHeader("Cache-Control", "no-store");
  formats::JsonWriter json(call.response.body());
  json.BeginObject();
  WriteAlert(json, made.alert);
  json.Key("secret").String(made.secret).EndObject();
  return {};
}

base::Result<void> RemoveAlert(service::Alerts& alerts, ManagementCall& call, std::string_view id) {
  GC_RETURN_IF_ERROR(alerts.Remove(AlertOwnerOf(call.request.caller()), id));
  formats::JsonWriter(call.response.body())
      .BeginObject()
      .Key("message")
      .String("the alert is removed, with what was on its way")
      .Key("id")
      .String(id)
      .EndObject();
  return {};
}

ParameterDoc IdParameter(std::string_view name, ParameterDoc::In in, std::string_view what) {
  return {.name = name,
          .in = in,
          .presence = ParameterDoc::Presence::kRequired,
          .schema = R"({"type":"string"})",
          .description = what};
}

void AddReadingRoutes(service::Alerts& alerts, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/v1/alerts",
       .scope = Scope::kRead,
       .listener = Listener::kPublic,
       .execution = Execution::kDatabase,
       .summary = "The caller's alerts, the oldest first; with scope admin everybody's",
       .tag = kTag,
       .responses = {{200, "The alerts, without their secrets", "application/json", "Alerts"}},
       .handler = [&alerts](const Request& request, Response& response) {
         return ListAlerts(alerts, request, response);
       }});
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/v1/alerts/{alert_id}",
       .scope = Scope::kRead,
       .listener = Listener::kPublic,
       .execution = Execution::kDatabase,
       .summary = "One alert",
       .tag = kTag,
       .parameters = {IdParameter("alert_id", ParameterDoc::In::kPath, "The alert")},
       .responses = {{200, "The alert", "application/json", "Alert"},
                     {404, "The caller has no such alert", "application/json", "Error"}},
       .handler = [&alerts](const Request& request, Response& response) {
         return ShowAlert(alerts, request, response);
       }});
}

void AddChangingRoutes(service::Alerts& alerts, const Management& management, RouteTable& table) {
  const ResponseDoc removed{200, "Removed, with its events", "application/json", "AlertChange"};
  const ResponseDoc missing{404, "The caller has no such alert", "application/json", "Error"};
  table.routes.push_back(
      {.method = Method::kPost,
       .path = "/v1/alerts",
       .scope = Scope::kPredict,
       .listener = Listener::kPublic,
       .execution = Execution::kDatabase,
       .max_body_bytes = alerts::kLongestRule,
       .consumes = {"application/json"},
       .summary = "Have a webhook called when a forecast or an observation crosses a threshold",
       .tag = kTag,
       .request_schema = "AlertRule",
       .responses = {{201, "Durably kept; `secret` is told this once", "application/json",
                      "NewAlert"},
                     {429, "The caller has as many alerts as are taken, or asks too often",
                      "application/json", "Error"}},
       .handler = ManagementHandler(
           management, "alert.create", "",
           [&alerts](ManagementCall& call) { return CreateAlert(alerts, call); })});
  table.routes.push_back(
      {.method = Method::kDelete,
       .path = "/v1/alerts",
       .scope = Scope::kPredict,
       .listener = Listener::kPublic,
       .execution = Execution::kDatabase,
       .summary = "Remove the alert that `id` names",
       .tag = kTag,
       .parameters = {IdParameter("id", ParameterDoc::In::kQuery, "The alert")},
       .responses = {removed, missing},
       .handler = ManagementHandler(
           management, "alert.remove", "",
           [](QueryFields& query) { return std::string(query.Required("id").value_or("")); },
           [&alerts](ManagementCall& call, const std::string& id) {
             call.audit.from = id;
             return RemoveAlert(alerts, call, id);
           })});
  table.routes.push_back(
      {.method = Method::kDelete,
       .path = "/v1/alerts/{alert_id}",
       .scope = Scope::kPredict,
       .listener = Listener::kPublic,
       .execution = Execution::kDatabase,
       .summary = "Remove an alert",
       .tag = kTag,
       .parameters = {IdParameter("alert_id", ParameterDoc::In::kPath, "The alert")},
       .responses = {removed, missing},
       .handler = ManagementHandler(
           management, "alert.remove", "alert_id", [&alerts](ManagementCall& call) {
             return RemoveAlert(alerts, call, call.request.path_parameter("alert_id"));
           })});
}

}  // namespace

void AddAlertRoutes(service::Alerts& alerts, const Management& management, RouteTable& table) {
  AddReadingRoutes(alerts, table);
  AddChangingRoutes(alerts, management, table);
  AddDeadLetterRoutes(alerts, management, table);
  AddAlertSchemas(table);
}

}  // namespace geoclimate::server::http::routes
