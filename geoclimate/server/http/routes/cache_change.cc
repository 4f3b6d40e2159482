#include "geoclimate/server/http/routes/cache_change.h"

#include <cstdint>

#include "geoclimate/formats/json.h"

namespace geoclimate::server::http::routes {

void RenderCacheChange(std::string_view message, const service::CacheChange& change,
                       Response& response) {
  formats::JsonWriter json(response.body());
  json.BeginObject().Key("message").String(message);
  json.Key("generation").Integer(static_cast<std::int64_t>(change.generation));
  json.Key("followed").Bool(change.followed == service::CacheChange::Followed::kYes);
  json.Key("rows").Integer(static_cast<std::int64_t>(change.rows)).EndObject();
}

SchemaDoc CacheChangeSchema() {
  return {"CacheChange", R"({
    "type": "object", "required": ["message", "generation", "followed", "rows"],
    "properties": {
      "message": {"type": "string"},
      "generation": {"type": "integer", "description": "Of the orders to the caches"},
      "followed": {"type": "boolean", "description": "This process has done it already"},
      "rows": {"type": "integer",
               "description": "Rows that this process has warmed on order since its start"}}})"};
}

ParameterDoc ReasonParameter() {
  return {.name = "reason",
          .in = ParameterDoc::In::kQuery,
          .schema = R"({"type":"string"})",
          .description = "Why, kept with the order"};
}

}  // namespace geoclimate::server::http::routes
