#include "geoclimate/server/http/routes/model_change.h"

#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "geoclimate/formats/json.h"

namespace geoclimate::server::http::routes {

base::Deadline WaitFrom(QueryFields& query, const base::Clock& clock) {
  constexpr double kLongest = 60;
  const double seconds = query.Number("wait", 0, kLongest).value_or(0);
  return base::Deadline::After(clock, std::chrono::nanoseconds(std::llround(seconds * 1e9)));
}

ParameterDoc WaitParameter() {
  return {.name = "wait",
          .in = ParameterDoc::In::kQuery,
          .schema = R"({"type":"number","minimum":0,"maximum":60,"default":0})",
          .description = "Seconds to wait until this process serves the change"};
}

registry::Request RequestFrom(QueryFields& query, const Request& request) {
  return {.actor = fmt::format("admin token from {}", request.client_address()),
          .reason = std::string(query.Text("reason").value_or(""))};
}

void RenderChange(std::string_view message, const service::ModelChange& change,
                  std::string_view member, std::string_view value, Response& response) {
  formats::JsonWriter json(response.body());
  json.BeginObject().Key("message").String(message).Key("model_id").String(change.model_id);
  if (!member.empty()) json.Key(member).String(value);
  json.Key("generation").Integer(static_cast<std::int64_t>(change.generation));
  json.Key("served").Bool(change.served == service::ModelChange::Served::kYes).EndObject();
}

}  // namespace geoclimate::server::http::routes
