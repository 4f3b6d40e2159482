#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

constexpr std::string_view kPredictionResponse = R"({
  "type": "object",
  "required": ["predictions", "prediction", "model_id", "model_version", "inference_time_ms",
               "cached", "degraded", "warnings", "timestamp", "input_shape"],
  "properties": {
    "predictions": {"type": "array", "items": {"type": "number"},
                    "description": "Row by row; of a model with k outputs k numbers a row"},
    "prediction": {"type": ["number", "null"], "description": "predictions[0]"},
    "model_id": {"type": ["string", "null"]}, "model_version": {"type": ["string", "null"]},
    "inference_time_ms": {"type": "number"}, "cached": {"type": "boolean"},
    "degraded": {"type": "boolean"}, "warnings": {"type": "array", "items": {"type": "string"}},
    "timestamp": {"type": "string", "format": "date-time"},
    "input_shape": {"type": "array", "items": {"type": "integer"}, "description": "[rows, columns]"},
    "intervals": {"type": "array", "items": {"type": "array", "items": {"type": "number"}},
                  "description": "[p10, p90] of each row"}}})";

constexpr std::string_view kModelDescription = R"({
  "type": "object",
  "required": ["model_id", "model_name", "version", "model_type", "task_type", "stage", "aliases",
               "metrics", "features", "schema_fingerprint", "created_at", "size_bytes", "sha256"],
  "properties": {
    "model_id": {"type": "string"}, "model_name": {"type": "string"},
    "version": {"type": "string"}, "model_type": {"type": "string"},
    "task_type": {"type": "string"},
    "stage": {"enum": ["dev", "staging", "production", "archived"]},
    "aliases": {"type": "array", "items": {"type": "string"}},
    "metrics": {"type": "object", "additionalProperties": {"type": "number"}},
    "features": {"type": "array", "items": {"type": "object", "properties": {
      "name": {"type": "string"}, "unit": {"type": "string"}, "min": {"type": ["number", "null"]},
      "max": {"type": ["number", "null"]}, "missing_allowed": {"type": "boolean"}}}},
    "schema_fingerprint": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"},
    "size_bytes": {"type": "integer"}, "sha256": {"type": "string"},
    "card_sha256": {"type": "string", "description": "Of the model card, where there is one"}}})";

constexpr std::string_view kForecastDay = R"({
  "type": "object",
  "properties": {
    "date": {"type": "string", "format": "date"}, "horizon": {"type": "integer"},
    "aqi": {"type": "integer"}, "aqi_p10": {"type": "integer"}, "aqi_p90": {"type": "integer"},
    "category": {"type": "string"}, "color": {"type": "string"},
    "dominant_pollutant": {"type": "string"}, "probability_aqi_over_100": {"type": "number"},
    "health_advice": {"$ref": "#/components/schemas/HealthAdvice"},
    "source": {"type": "string"}, "method": {"$ref": "#/components/schemas/Method"},
    "basis": {"$ref": "#/components/schemas/Basis"},
    "model_id": {"type": "string"}, "aqi_table": {"type": "string"},
    "issued_at": {"type": "string", "format": "date-time"},
    "valid_from": {"type": "string", "format": "date-time"},
    "valid_to": {"type": "string", "format": "date-time"},
    "data_cutoff": {"type": "string", "format": "date-time"},
    "observed_at": {"type": "string", "format": "date-time"},
    "pollutants": {"type": "array", "items": {"$ref": "#/components/schemas/PollutantForecast"}}}})";

constexpr std::string_view kPollutantForecast = R"({
  "type": "object",
  "properties": {
    "pollutant": {"type": "string"}, "unit": {"type": "string"},
    "concentration": {"type": "object", "properties": {"mean": {"type": "number"},
      "p10": {"type": "number"}, "p50": {"type": "number"}, "p90": {"type": "number"}}},
    "aqi": {"type": "integer"}, "aqi_p10": {"type": "integer"}, "aqi_p90": {"type": "integer"},
    "category": {"type": "string"}, "color": {"type": "string"},
    "probability_aqi_over_100": {"type": "number"},
    "source": {"type": "string"}, "method": {"$ref": "#/components/schemas/Method"},
    "basis": {"$ref": "#/components/schemas/Basis"},
    "model_id": {"type": "string"}, "aqi_table": {"type": "string"},
    "issued_at": {"type": "string", "format": "date-time"},
    "valid_from": {"type": "string", "format": "date-time"},
    "valid_to": {"type": "string", "format": "date-time"},
    "data_cutoff": {"type": "string", "format": "date-time"},
    "observed_at": {"type": "string", "format": "date-time"}}})";

constexpr std::string_view kSiteForecast = R"({
  "type": "object",
  "properties": {
    "distance_km": {"type": "number",
      "description": "From the place that was asked for to the site, or to the nearest one that reports"},
    "nearest_site_id": {"type": "string",
      "description": "Of a place between sites: the nearest one that reports"},
    "site_id": {"type": ["string", "null"], "description": "null for a place between sites"},
    "name": {"type": ["string", "null"]},
    "latitude": {"type": ["number", "null"]}, "longitude": {"type": ["number", "null"]},
    "utc_offset_minutes": {"type": "integer"}, "as_of": {"type": "string", "format": "date"},
    "issued_at": {"type": "string", "format": "date-time"},
    "table": {"type": "string", "description": "SHA-256 of the forecast table"},
    "days": {"type": "array", "items": {"$ref": "#/components/schemas/ForecastDay"}}}})";

constexpr std::string_view kCurrent = R"({
  "type": "object",
  "properties": {
    "site_id": {"type": "string"}, "name": {"type": "string"},
    "latitude": {"type": ["number", "null"]}, "longitude": {"type": ["number", "null"]},
    "distance_km": {"type": "number"}, "as_of": {"type": "string", "format": "date"},
    "date": {"type": ["string", "null"], "format": "date", "description": "The newest day"},
    "aqi": {"type": ["integer", "null"]}, "category": {"type": ["string", "null"]},
    "color": {"type": ["string", "null"]}, "dominant_pollutant": {"type": ["string", "null"]},
    "health_advice": {"$ref": "#/components/schemas/HealthAdvice"},
    "pollutants": {"type": "array", "items": {"type": "object", "properties": {
      "pollutant": {"type": "string"}, "unit": {"type": "string"},
      "date": {"type": "string", "format": "date"}, "concentration": {"type": "number"},
      "aqi": {"type": "integer"}, "category": {"type": "string"}, "color": {"type": "string"},
      "source": {"enum": ["final", "provisional"]}, "method": {"enum": ["observed", "nowcast"]},
      "nowcast_method": {"type": "string", "description":
        "Of method nowcast: how, such as an ozone surrogate. The value is then of the newest hour"},
      "model_id": {"type": "null"}, "aqi_table": {"type": "string"},
      "issued_at": {"type": "string", "format": "date-time", "description": "When it came in"},
      "valid_from": {"type": "string", "format": "date-time"},
      "valid_to": {"type": "string", "format": "date-time"},
      "data_cutoff": {"type": "string", "format": "date-time"},
      "observed_at": {"type": "string", "format": "date-time"}}}}}})";

constexpr std::string_view kListedSite = R"({
  "type": "object",
  "properties": {
    "site_id": {"type": "string"}, "name": {"type": "string"}, "county": {"type": "string"},
    "state": {"type": "string"}, "cbsa": {"type": "string"},
    "latitude": {"type": ["number", "null"]}, "longitude": {"type": ["number", "null"]},
    "utc_offset_minutes": {"type": "integer"},
    "first_day": {"type": ["string", "null"], "format": "date"},
    "last_day": {"type": ["string", "null"], "format": "date"},
    "pollutants": {"type": "array", "items": {"type": "object", "properties": {
      "pollutant": {"type": "string"}, "first_day": {"type": "string", "format": "date"},
      "last_day": {"type": "string", "format": "date"}, "days": {"type": "integer"}}}}}})";

constexpr std::string_view kSiteDetail = R"({
  "allOf": [{"$ref": "#/components/schemas/ListedSite"}, {"type": "object", "properties": {
    "current": {"type": "object"}, "forecast": {"type": ["object", "null"]}}}]})";

constexpr std::string_view kHistory = R"({
  "type": "object",
  "properties": {
    "site_id": {"type": "string"}, "name": {"type": "string"},
    "latitude": {"type": ["number", "null"]}, "longitude": {"type": ["number", "null"]},
    "utc_offset_minutes": {"type": "integer"}, "from": {"type": "string", "format": "date"},
    "to": {"type": "string", "format": "date"}, "as_of": {"type": "string", "format": "date-time"},
    "observations": {"type": "array", "items": {"type": "object", "properties": {
      "pollutant": {"type": "string"}, "parameter_code": {"type": "integer"},
      "poc": {"type": "integer"}, "date": {"type": "string", "format": "date"},
      "statistic": {"enum": ["mean", "max_8_hour", "max_1_hour"]}, "value": {"type": "number"},
      "unit": {"type": "string"}, "aqi": {"type": ["integer", "null"]},
      "aqi_table": {"type": ["string", "null"]}, "source": {"enum": ["final", "provisional"]},
      "percent_complete": {"type": ["integer", "null"]}, "event": {"enum": ["regular", "excluded"]},
      "method": {"const": "observed"}, "valid_from": {"type": "string", "format": "date-time"},
      "valid_to": {"type": "string", "format": "date-time"},
      "observed_at": {"type": "string", "format": "date-time"},
      "received_at": {"type": "string", "format": "date-time"}}}}}})";

}  // namespace

void AddSharedSchemas(RouteTable& table) {
  table.schemas.insert(
      table.schemas.end(),
      {{"PredictionResponse", kPredictionResponse},
       {"ModelDescription", kModelDescription},
       {"Method", R"({"enum": ["observed", "nowcast", "model", "persistence_fallback",
                               "climatology_fallback"]})"},
       {"Basis",
        R"({"enum": ["site", "neighbours"], "description": "Whose values it is made from: the site's own and those around, or those around alone"})"},
       {"HealthAdvice", R"({"type": "array", "items": {"type": "object", "properties": {
           "groups": {"type": "array", "items": {"type": "string"}},
           "advice": {"type": "string"}}}})"},
       {"PollutantForecast", kPollutantForecast},
       {"ForecastDay", kForecastDay},
       {"SiteForecast", kSiteForecast},
       {"Current", kCurrent},
       {"ListedSite", kListedSite},
       {"SitePage", R"({"type": "object", "required": ["sites", "next_cursor"], "properties": {
           "sites": {"type": "array", "items": {"$ref": "#/components/schemas/ListedSite"}},
           "next_cursor": {"type": ["string", "null"]}}})"},
       {"SiteDetail", kSiteDetail},
       {"History", kHistory}});
}

}  // namespace geoclimate::server::http::routes
