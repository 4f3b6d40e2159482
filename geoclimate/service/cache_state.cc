#include "geoclimate/service/cache_state.h"

#include "geoclimate/base/day.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::service {
namespace {

base::Result<std::uint64_t> CountAt(const formats::Json& json, std::string_view name) {
  GC_ASSIGN_OR_RETURN(const std::int64_t value, json.IntegerAt(name));
  if (value < 0) return base::InvalidArgument("a count is negative");
  return static_cast<std::uint64_t>(value);
}

base::Result<CacheState> Read(std::string_view bytes) {
  GC_ASSIGN_OR_RETURN(const formats::Json json, formats::ParseJson(bytes));
  CacheState state;
  GC_ASSIGN_OR_RETURN(state.generation, CountAt(json, "generation"));
  GC_ASSIGN_OR_RETURN(state.cleared, CountAt(json, "cleared"));
  GC_ASSIGN_OR_RETURN(const formats::Json* warming, json.ObjectAt("warming"));
  GC_ASSIGN_OR_RETURN(state.warming.generation, CountAt(*warming, "generation"));
  GC_ASSIGN_OR_RETURN(state.warming.model_name, warming->StringAt("model_name"));
  GC_ASSIGN_OR_RETURN(state.warming.rows, CountAt(*warming, "rows"));
  GC_ASSIGN_OR_RETURN(const std::string_view at, json.StringAt("at"));
  GC_ASSIGN_OR_RETURN(state.at, base::ParseTimestamp(at));
  GC_ASSIGN_OR_RETURN(state.actor, json.StringAt("actor"));
  GC_ASSIGN_OR_RETURN(state.reason, json.StringAt("reason"));
  if (state.cleared > state.generation || state.warming.generation > state.generation) {
    return base::InvalidArgument("an order is newer than the generation");
  }
  return state;
}

}  // namespace

std::string EncodeCacheState(const CacheState& state) {
  std::string bytes;
  formats::JsonWriter json(bytes);
  json.BeginObject();
  json.Key("generation").Integer(static_cast<std::int64_t>(state.generation));
  json.Key("cleared").Integer(static_cast<std::int64_t>(state.cleared));
  json.Key("warming").BeginObject();
  json.Key("generation").Integer(static_cast<std::int64_t>(state.warming.generation));
  json.Key("model_name").String(state.warming.model_name);
  json.Key("rows").Integer(static_cast<std::int64_t>(state.warming.rows)).EndObject();
  json.Key("at").String(base::FormatTimestamp(state.at));
  json.Key("actor").String(state.actor).Key("reason").String(state.reason).EndObject();
  return bytes;
}

base::Result<CacheState> ParseCacheState(std::string_view bytes) {
  auto state = Read(bytes);
  if (state.ok()) return state;
  return base::DataLoss("the state of the caches cannot be read: " + state.error().message());
}

}  // namespace geoclimate::service
