#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/documentation.h"
#include "geoclimate/server/http/response_head.h"

namespace geoclimate::server::http {
namespace {

using formats::JsonWriter;

constexpr std::string_view kErrorSchema =
    R"({"type":"object","required":["error","detail","code","request_id","timestamp"],"properties":{)"
    R"("error":{"type":"string"},"detail":{"type":"string"},"code":{"type":"string"},)"
    R"("request_id":{"type":"string"},"timestamp":{"type":"string","format":"date-time"},)"
    R"("errors":{"type":"array","description":"422 only","items":{"type":"object","properties":{)"
    R"("loc":{"type":"array"},"msg":{"type":"string"},"type":{"type":"string"}}}}}})";

// Answers that every route may give, beside its own rows.
struct SharedResponse {
  int status;
  std::string_view description;
};
constexpr std::array<SharedResponse, 4> kShared = {{
    {400, "The request is no valid HTTP"},
    {403,
     "Host, Origin or a forwarding field is not that of a known caller, or the caller has not "
     "the scope"},
    {431, "The header is too large"},
    {503, "Overloaded, starting or ending: try again after Retry-After"},
}};
constexpr std::array<SharedResponse, 4> kSharedWithBody = {{
    {408, "The body did not arrive in time"},
    {413, "The body is too long"},
    {415, "The media type is not one of those that are taken"},
    {422, "The body is not valid; errors names the fields"},
}};

constexpr std::array<SharedResponse, 2> kSharedWithScope = {{
    {401, "What was shown is no valid key or token, or nothing was where something is needed"},
    {429, "Too many requests, or rows of a day: try again after Retry-After"},
}};
constexpr std::array<SharedResponse, 1> kSharedWithQuery = {{
    {422, "A parameter is not valid; errors names it"},
}};

void WriteSchema(JsonWriter& json, std::string_view schema) {
  if (schema.starts_with('{')) {
    json.Raw(schema);
  } else {
    json.BeginObject().Key("$ref");
    json.String("#/components/schemas/" + std::string(schema)).EndObject();
  }
}

void WriteContent(JsonWriter& json, std::string_view content_type, std::string_view schema) {
  json.BeginObject().Key(content_type.substr(0, content_type.find(';'))).BeginObject();
  if (!schema.empty()) {
    json.Key("schema");
    WriteSchema(json, schema);
  }
  json.EndObject().EndObject();
}

std::string_view PlaceName(ParameterDoc::In in) {
  switch (in) {
    case ParameterDoc::In::kQuery:
      return "query";
    case ParameterDoc::In::kPath:
      return "path";
    case ParameterDoc::In::kHeader:
      return "header";
  }
  return "query";
}

void WriteParameter(JsonWriter& json, const ParameterDoc& parameter) {
  const bool in_path = parameter.in == ParameterDoc::In::kPath;
  json.BeginObject();
  json.Key("name").String(parameter.name).Key("in").String(PlaceName(parameter.in));
  json.Key("required").Bool(in_path || parameter.presence == ParameterDoc::Presence::kRequired);
  if (!parameter.description.empty()) json.Key("description").String(parameter.description);
  json.Key("schema");
  WriteSchema(json, parameter.schema.empty() ? R"({"type":"string"})" : parameter.schema);
  json.EndObject();
}

// The path parameters that the row does not describe itself.
void WriteBareParameters(JsonWriter& json, const Route& route) {
  for (std::size_t start = route.path.find('{'); start != std::string_view::npos;
       start = route.path.find('{', start + 1)) {
    const std::size_t end = route.path.find('}', start);
    const std::string_view name = route.path.substr(start + 1, end - start - 1);
    const bool described =
        std::any_of(route.parameters.begin(), route.parameters.end(),
                    [&](const ParameterDoc& parameter) { return parameter.name == name; });
    if (described) continue;
    ParameterDoc bare;
    bare.name = name;
    bare.in = ParameterDoc::In::kPath;
    WriteParameter(json, bare);
  }
}

void WriteErrorResponse(JsonWriter& json, const SharedResponse& response) {
  json.Key(std::to_string(response.status)).BeginObject();
  json.Key("description").String(response.description).Key("content");
  WriteContent(json, "application/json", "Error");
  json.EndObject();
}

void WriteResponses(JsonWriter& json, const Route& route) {
  json.Key("responses").BeginObject();
  std::vector<int> written;
  for (std::size_t i = 0; i < route.responses.size(); ++i) {
    const ResponseDoc& first = route.responses[i];
    if (std::find(written.begin(), written.end(), first.status) != written.end()) continue;
    written.push_back(first.status);
    json.Key(std::to_string(first.status)).BeginObject();
    json.Key("description").String(first.description);
    if (!first.content_type.empty()) {
      // One object for all media types of the status.
      json.Key("content").BeginObject();
      for (const ResponseDoc& other : route.responses) {
        if (other.status != first.status || other.content_type.empty()) continue;
        json.Key(other.content_type.substr(0, other.content_type.find(';'))).BeginObject();
        if (!other.schema.empty()) {
          json.Key("schema");
          WriteSchema(json, other.schema);
        }
        json.EndObject();
      }
      json.EndObject();
    }
    json.EndObject();
  }
  const auto write_shared = [&](const auto& shared) {
    for (const SharedResponse& response : shared) {
      if (std::find(written.begin(), written.end(), response.status) == written.end()) {
        WriteErrorResponse(json, response);
      }
    }
  };
  write_shared(kShared);
  if (route.scope != Scope::kNone) write_shared(kSharedWithScope);
  const bool has_query = std::ranges::any_of(route.parameters, [](const ParameterDoc& parameter) {
    return parameter.in == ParameterDoc::In::kQuery;
  });
  if (route.max_body_bytes > 0) {
    write_shared(kSharedWithBody);
  } else if (has_query) {
    write_shared(kSharedWithQuery);
  }
  json.EndObject();
}

std::string OperationId(const Route& route) {
  std::string id;
  for (const char c : MethodName(route.method)) id += static_cast<char>(c | 0x20);
  for (const char c : route.path) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (word) {
      id += c;
    } else if (!id.ends_with('_')) {
      id += '_';
    }
  }
  while (id.ends_with('_')) id.pop_back();
  return id;
}

std::string_view ScopeText(Scope scope) {
  switch (scope) {
    case Scope::kNone:
      break;
    case Scope::kRead:
      return "read";
    case Scope::kPredict:
      return "predict";
    case Scope::kAdmin:
      return "admin";
  }
  return "none";
}

void WriteSecurity(JsonWriter& json, const Route& route, access::Keyless keyless) {
  json.Key("x-scope").String(ScopeText(route.scope));
  json.Key("x-audited").Bool(IsAudited(route));
  json.Key("security").BeginArray();
  if (route.scope != Scope::kNone) {
    for (const std::string_view scheme : {"ApiKey", "BearerToken"}) {
      json.BeginObject().Key(scheme).BeginArray().EndArray().EndObject();
    }
    if (keyless == access::Keyless::kOnLoopback) json.BeginObject().EndObject();
  }
  json.EndArray();
}

constexpr std::string_view kSecuritySchemes =
    R"({"ApiKey":{"type":"apiKey","in":"header","name":"X-API-Key","description":"gsc_..."},)"
    R"("BearerToken":{"type":"http","scheme":"bearer","bearerFormat":"JWT"}})";

void WriteOperation(JsonWriter& json, const Route& route, access::Keyless keyless) {
  std::string method;
  for (const char c : MethodName(route.method)) method += static_cast<char>(c | 0x20);
  json.Key(method).BeginObject();
  json.Key("operationId").String(OperationId(route));
  json.Key("summary").String(route.summary);
  if (!route.tag.empty()) json.Key("tags").BeginArray().String(route.tag).EndArray();
  WriteSecurity(json, route, keyless);
  json.Key("parameters").BeginArray();
  for (const ParameterDoc& parameter : route.parameters) WriteParameter(json, parameter);
  WriteBareParameters(json, route);
  json.EndArray();
  if (route.max_body_bytes > 0) {
    json.Key("requestBody").BeginObject().Key("required").Bool(true).Key("content").BeginObject();
    for (const std::string_view type : route.consumes) {
      json.Key(type).BeginObject();
      if (!route.request_schema.empty() && type.ends_with("json")) {
        json.Key("schema");
        WriteSchema(json, route.request_schema);
      }
      json.EndObject();
    }
    json.EndObject().EndObject();
  }
  WriteResponses(json, route);
  json.EndObject();
}

}  // namespace

std::string RenderOpenApi(const RouteTable& table, std::string_view version, Listener listener,
                          access::Keyless keyless) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("openapi").String("3.1.0");
  json.Key("info").BeginObject();
  json.Key("title").String("geo-climate").Key("version").String(version);
  json.Key("description").String("Air-quality measurements in, next-day forecasts out.");
  json.EndObject();

  std::map<std::string_view, std::vector<const Route*>> paths;
  for (const Route& route : table.routes) {
    if (route.listener == listener) paths[route.path].push_back(&route);
  }
  json.Key("paths").BeginObject();
  for (const auto& [path, routes] : paths) {
    json.Key(path).BeginObject();
    for (const Route* route : routes) WriteOperation(json, *route, keyless);
    json.EndObject();
  }
  json.EndObject();

  json.Key("components").BeginObject();
  json.Key("securitySchemes").Raw(kSecuritySchemes);
  json.Key("schemas").BeginObject();
  json.Key("Error").Raw(kErrorSchema);
  for (const SchemaDoc& schema : table.schemas) json.Key(schema.name).Raw(schema.json);
  json.EndObject().EndObject().EndObject();
  return out;
}

}  // namespace geoclimate::server::http
