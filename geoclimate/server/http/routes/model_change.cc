#include "geoclimate/server/http/routes/model_change.h"

#include "geoclimate/formats/json.h"

namespace geoclimate::server::http::routes {

void RenderChange(std::string_view message, const service::ModelChange& change,
                  std::string_view member, std::string_view value, Response& response) {
  formats::JsonWriter json(response.body());
  json.BeginObject().Key("message").String(message).Key("model_id").String(change.model_id);
  if (!member.empty()) json.Key(member).String(value);
  json.Key("generation").Integer(static_cast<std::int64_t>(change.generation));
  json.Key("served").Bool(change.served == service::ModelChange::Served::kYes).EndObject();
}

}  // namespace geoclimate::server::http::routes
