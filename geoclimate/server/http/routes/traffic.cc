#include <string>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/error_response.h"
#include "geoclimate/server/http/routes/management.h"
#include "geoclimate/server/http/routes/model_change.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

// A text that may be null or absent.
base::Result<std::string> TextAt(const formats::Json& body, std::string_view name) {
  const formats::Json* const member = body.Find(name);
  if (member == nullptr || member->is_null()) return std::string();
  GC_ASSIGN_OR_RETURN(const std::string_view text, body.StringAt(name));
  return std::string(text);
}

struct TrafficBody {
  registry::Traffic traffic;
  std::optional<std::string> expected;
};

base::Result<TrafficBody> ReadBody(std::string_view text) {
  GC_ASSIGN_OR_RETURN(const formats::Json body, formats::ParseJson(text));
  if (body.AsObject() == nullptr) return base::InvalidArgument("the body must be an object");
  TrafficBody read;
  GC_ASSIGN_OR_RETURN(read.traffic.canary, TextAt(body, "canary"));
  GC_ASSIGN_OR_RETURN(read.traffic.shadow, TextAt(body, "shadow"));
  if (body.Find("share") != nullptr) {
    GC_ASSIGN_OR_RETURN(read.traffic.share, body.NumberAt("share"));
  } else if (!read.traffic.canary.empty()) {
    return base::InvalidArgument("share: a canary needs the share that it gets, from 0 to 1");
  }
  const formats::Json* const expected = body.Find("expected");
  if (expected != nullptr && !expected->is_null()) {
    GC_ASSIGN_OR_RETURN(read.expected, TextAt(body, "expected"));
  }
  return read;
}

std::string Describe(const registry::Traffic& traffic) {
  std::string text;
  if (!traffic.canary.empty()) text = fmt::format("{:g} to {}", traffic.share, traffic.canary);
  if (!traffic.shadow.empty()) {
    text += fmt::format("{}shadow {}", text.empty() ? "" : ", ", traffic.shadow);
  }
  return text;
}

std::string TrafficNow(const service::Models& models, std::string_view name) {
  const auto served = models.Served();
  const auto found = served->names().find(std::string(name));
  return found == served->names().end() ? std::string() : Describe(found->second.traffic);
}

base::Result<void> SetTraffic(service::Models& models, ManagementCall& call) {
  GC_ASSIGN_OR_RETURN(const TrafficBody body, ReadBody(call.request.body()));
  const std::string_view name = call.request.path_parameter("model_name");
  call.audit.from = TrafficNow(models, name);
  GC_ASSIGN_OR_RETURN(const service::ModelChange change,
                      models.SetTraffic(name, body.traffic, body.expected, call.who, call.wait));
  call.audit.to = Describe(body.traffic);
  const std::string message = body.traffic.canary.empty()
                                  ? fmt::format("'{}' has no canary", name)
                                  : fmt::format("'{}' gives {:g} of its requests to '{}'", name,
                                                body.traffic.share, body.traffic.canary);
  RenderChange(message, change, "shadow", body.traffic.shadow, call.response);
  return {};
}

void WriteArm(formats::JsonWriter& json, const service::ArmStats& stats) {
  const auto milliseconds = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::milli>(time).count();
  };
  json.BeginObject().Key("requests").Integer(static_cast<std::int64_t>(stats.requests()));
  json.Key("failed").Integer(static_cast<std::int64_t>(stats.failed()));
  json.Key("row_ms_p50").Double(milliseconds(stats.LatencyAt(0.5)));
  json.Key("row_ms_p95").Double(milliseconds(stats.LatencyAt(0.95))).EndObject();
}

base::Result<void> GetTraffic(const service::Models& models, const Request& request,
                              Response& response) {
  const std::string_view name = request.path_parameter("model_name");
  const auto served = models.Served();
  const service::ServedModel* const production = served->ProductionOf(name);
  const auto found = served->names().find(std::string(name));
  if (production == nullptr && found == served->names().end()) {
    return base::NotFound(fmt::format("nothing is served under the name '{}'", name));
  }
  const registry::Traffic traffic =
      found == served->names().end() ? registry::Traffic() : found->second.traffic;
  formats::JsonWriter json(response.body());
  const auto id_or_null = [&](std::string_view key, const std::string& id) {
    json.Key(key);
    if (id.empty()) {
      json.Null();
    } else {
      json.String(id);
    }
  };
  json.BeginObject();
  id_or_null("production", production == nullptr ? "" : production->description.model_id);
  id_or_null("canary", traffic.canary);
  json.Key("share").Double(traffic.share);
  id_or_null("shadow", traffic.shadow);
  if (found != served->names().end() && found->second.split != nullptr) {
    using Arm = service::TrafficSplit::Arm;
    json.Key("arms").BeginObject();
    for (const Arm arm : {Arm::kProduction, Arm::kCanary}) {
      json.Key(service::ArmName(arm));
      WriteArm(json, found->second.split->stats(arm));
    }
    json.EndObject();
  }
  json.EndObject();
  return {};
}

ParameterDoc NameParameter() {
  return {.name = "model_name",
          .in = ParameterDoc::In::kPath,
          .presence = ParameterDoc::Presence::kRequired,
          .schema = R"({"type":"string"})",
          .description = "The model"};
}

}  // namespace

void AddTrafficRoutes(service::Models& models, const Management& management, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kPut,
       .path = "/models/{model_name}/traffic",
       .scope = Scope::kAdmin,
       .listener = Listener::kManagement,
       .execution = Execution::kStorage,
       .max_body_bytes = 4096,
       .consumes = {"application/json"},
       .summary = "Give a share of a model's requests to a canary, and its rows to a shadow",
       .tag = "Model management",
       .parameters = {NameParameter(), WaitParameter()},
       .request_schema = R"({"type":"object","properties":{
          "canary":{"type":["string","null"],"description":"A version, or null for none"},
          "share":{"type":"number","minimum":0,"maximum":1},
          "shadow":{"type":["string","null"],
                    "description":"Scores the same rows; only compared with production"},
          "expected":{"type":["string","null"],"description":"What must be the canary now"}}})",
       .responses = {{200, "Done", "application/json", "ModelChange"},
                     {404, "No such model or version", "application/json", "Error"},
                     {409, "It cannot stand beside production, or the canary is not `expected`",
                      "application/json", "Error"}},
       .handler = ManagementHandler(
           management, "model.traffic", "model_name",
           [&models](ManagementCall& call) { return SetTraffic(models, call); })});
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/models/{model_name}/traffic",
       .scope = Scope::kRead,
       .listener = Listener::kPublic,
       .summary = "What answers a model's requests, and what came of each arm in this process",
       .tag = "Models",
       .parameters = {NameParameter()},
       .responses = {{200, "The arms", "application/json", "Traffic"},
                     {404, "Nothing is served under that name", "application/json", "Error"}},
       .handler = [&models](const Request& request, Response& response) {
         return GetTraffic(models, request, response);
       }});
  table.schemas.push_back({"Traffic", R"({
    "type": "object",
    "properties": {
      "production": {"type": ["string", "null"]},
      "canary": {"type": ["string", "null"]},
      "share": {"type": "number"},
      "shadow": {"type": ["string", "null"]},
      "arms": {"type": "object", "additionalProperties": {"type": "object", "properties": {
        "requests": {"type": "integer"}, "failed": {"type": "integer"},
        "row_ms_p50": {"type": "number"}, "row_ms_p95": {"type": "number"}}}}}})"});
}

}  // namespace geoclimate::server::http::routes
