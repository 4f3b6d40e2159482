#include <chrono>
#include <cstdint>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

base::Result<void> Show(const service::CacheControl& caches, Response& response) {
  const service::CacheControl::Tiers tiers = caches.tiers();
  formats::JsonWriter json(response.body());
  const auto integer = [&json](std::string_view name, std::uint64_t value) {
    json.Key(name).Integer(static_cast<std::int64_t>(value));
  };
  json.BeginObject();
  integer("generation", tiers.generation);
  json.Key("tiers").BeginArray().BeginObject();
  json.Key("tier").String("memory");
  integer("entries", tiers.memory.entries);
  integer("bytes", tiers.memory.bytes);
  integer("max_bytes", tiers.max_bytes);
  integer("evictions", tiers.memory.evictions);
  json.EndObject();
  if (tiers.shared) {
    json.BeginObject().Key("tier").String("redis");
    json.Key("endpoint").String(tiers.shared->endpoint);
    json.Key("available").Bool(tiers.shared->available);
    json.Key("round_trip_ms");
    if (tiers.shared->round_trip) {
      json.Double(std::chrono::duration<double, std::milli>(*tiers.shared->round_trip).count());
    } else {
      json.Null();
    }
    json.EndObject();
  }
  json.EndArray().EndObject();
  return {};
}

SchemaDoc CacheTiersSchema() {
  return {"CacheTiers", R"({
    "type": "object", "required": ["generation", "tiers"],
    "properties": {
      "generation": {"type": "integer", "description": "Of the orders that this process has followed"},
      "tiers": {"type": "array", "items": {
        "type": "object", "required": ["tier"],
        "properties": {
          "tier": {"type": "string", "enum": ["memory", "redis"]},
          "entries": {"type": "integer"},
          "bytes": {"type": "integer"},
          "max_bytes": {"type": "integer"},
          "evictions": {"type": "integer"},
          "endpoint": {"type": "string", "description": "Without its password"},
          "available": {"type": "boolean", "description": "False while the breaker is not closed"},
          "round_trip_ms": {"type": ["number", "null"],
                            "description": "A moving average; null: not measured yet"}}}}}})"};
}

}  // namespace

void AddCacheStateRoute(const service::CacheControl& caches, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/admin/cache",
       .scope = Scope::kAdmin,
       .listener = Listener::kManagement,
       .execution = Execution::kBackground,
       .summary = "What the cache of this process holds, tier by tier",
       .tag = "Model management",
       .parameters = {},
       .responses = {{200, "The tiers, the nearest first", "application/json", "CacheTiers"}},
       .handler = [&caches](const Request& /*request*/, Response& response) {
         return Show(caches, response);
       }});
  table.schemas.push_back(CacheTiersSchema());
}

}  // namespace geoclimate::server::http::routes
