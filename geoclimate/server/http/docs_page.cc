#include <fmt/format.h>

#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "geoclimate/server/http/documentation.h"

namespace geoclimate::server::http {
namespace {

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1f23;background:#fff}"
    "section{border:1px solid #d0d7de;border-radius:6px;padding:.5rem 1rem;margin:1rem 0}"
    "code,h3{font-family:ui-monospace,monospace}h3{font-size:1rem;margin:.4rem 0}"
    "b{display:inline-block;min-width:4rem;color:#0550ae}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;vertical-align:top;border-top:1px solid #d0d7de;padding:.2rem .5rem}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}b{color:#79c0ff}}";

std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void AppendParameters(std::string& out, const Route& route) {
  if (route.parameters.empty()) return;
  out += "<table><tr><th>parameter<th>meaning<th>schema</tr>";
  for (const ParameterDoc& parameter : route.parameters) {
    const bool required = parameter.presence == ParameterDoc::Presence::kRequired ||
                          parameter.in == ParameterDoc::In::kPath;
    fmt::format_to(std::back_inserter(out),
                   "<tr><td><code>{}</code>{}<td>{}<td><code>{}</code></tr>",
                   Escape(parameter.name), required ? " *" : "", Escape(parameter.description),
                   Escape(parameter.schema));
  }
  out += "</table>";
}

void AppendResponses(std::string& out, const Route& route) {
  out += "<table><tr><th>status<th>answer<th>media type<th>schema</tr>";
  for (const ResponseDoc& response : route.responses) {
    const std::string schema = Escape(response.schema);
    out += "<tr><td>" + std::to_string(response.status) + "<td>" + Escape(response.description) +
           "<td>" + Escape(response.content_type) + "<td>";
    if (!schema.empty() && !schema.starts_with('{')) {
      fmt::format_to(std::back_inserter(out), "<a href=\"#schema-{0}\">{0}</a>", schema);
    } else if (!schema.empty()) {
      out += "<code>" + schema + "</code>";
    }
    out += "</tr>";
  }
  out += "</table>";
}

void AppendRoute(std::string& out, const Route& route) {
  out += "<section><h3><b>" + std::string(MethodName(route.method)) + "</b> " + Escape(route.path) +
         "</h3><p>" + Escape(route.summary) + "</p>";
  AppendParameters(out, route);
  if (route.max_body_bytes > 0) {
    out += "<p>Body:";
    for (const std::string_view type : route.consumes) out += " <code>" + Escape(type) + "</code>";
    if (!route.request_schema.empty() && !route.request_schema.starts_with('{')) {
      const std::string name = Escape(route.request_schema);
      out += ", <a href=\"#schema-" + name + "\">" + name + "</a>";
    }
    out += ", at most " + std::to_string(route.max_body_bytes) + " bytes.</p>";
  }
  AppendResponses(out, route);
  out += "</section>";
}

}  // namespace

std::string RenderDocsPage(const RouteTable& table, std::string_view version) {
  std::string out =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>geo-climate API</title><style>";
  out += kStyle;
  out += "</style></head><body><h1>geo-climate API</h1><p>Version " + Escape(version) +
         ". The same as an <a href=\"/openapi.json\">OpenAPI 3.1 document</a>. Parameters marked "
         "with * are required.</p>";
  std::map<std::string_view, std::vector<const Route*>> by_tag;
  for (const Route& route : table.routes) {
    if (route.listener == Listener::kPublic) by_tag[route.tag].push_back(&route);
  }
  for (const auto& [tag, routes] : by_tag) {
    out += "<h2>" + Escape(tag.empty() ? "Other" : tag) + "</h2>";
    for (const Route* route : routes) AppendRoute(out, *route);
  }
  if (!table.schemas.empty()) out += "<h2>Schemas</h2>";
  for (const SchemaDoc& schema : table.schemas) {
    const std::string name = Escape(schema.name);
    fmt::format_to(std::back_inserter(out),
                   "<section id=\"schema-{0}\"><h3>{0}</h3><p><code>{1}</code></p></section>", name,
                   Escape(schema.json));
  }
  out += "</body></html>\n";
  return out;
}

}  // namespace geoclimate::server::http
