#include <cmath>
#include <optional>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/json_fields.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

constexpr int kLongestHorizon = 3;

void WriteMethod(formats::JsonWriter& json, const forecast::MethodScore& score) {
  json.Key("rmse").Double(score.rmse).Key("mae").Double(score.mae);
  json.Key("bias").Double(score.bias).Key("aqi_mae").Double(score.aqi_mae);
  json.Key("category_hit_rate").Double(score.category_hit_rate);
  json.Key("pod").Double(score.pod).Key("far").Double(score.far);
  json.Key("csi").Double(score.csi);
}

// A score that has nothing to divide by is null: JsonWriter writes NaN so.
void WriteGroup(formats::JsonWriter& json, const forecast::ScoredGroup& group,
                airquality::Basis basis) {
  const forecast::Score& score = group.score();
  json.BeginObject().Key("pollutant").String(airquality::Name(group.pollutant));
  json.Key("unit").String(airquality::Traits(group.pollutant).unit_name);
  json.Key("horizon").Integer(group.horizon_days);
  json.Key("basis").String(airquality::BasisName(basis));
  json.Key("forecasts").Integer(static_cast<std::int64_t>(score.rows));
  json.Key("days_over_aqi_100").Integer(static_cast<std::int64_t>(score.events));
  WriteMethod(json, score.forecast);
  json.Key("skill").Double(score.skill);
  json.Key("skill_interval").BeginArray();
  json.Double(group.scored.low.skill).Double(group.scored.high.skill).EndArray();
  json.Key("best_baseline").String(forecast::BaselineName(group.best));
  json.Key("crps").Double(score.crps).Key("crps_skill").Double(score.crps_skill);
  json.Key("interval_coverage").Double(score.coverage);
  json.Key("interval_width").Double(score.width).Key("brier_score").Double(score.brier);
  json.Key("brier_skill").Double(score.brier_skill);
  json.Key("baselines").BeginObject();
  for (const forecast::Baseline baseline : forecast::kBaselines) {
    json.Key(forecast::BaselineName(baseline)).BeginObject();
    WriteMethod(json, score.baselines[static_cast<std::size_t>(baseline)]);
    json.EndObject();
  }
  json.EndObject().EndObject();
}

void WriteVersion(formats::JsonWriter& json, const forecast::VersionScore& score) {
  json.BeginObject().Key("model_id").String(score.model_id);
  json.Key("pollutant").String(airquality::Name(score.pollutant));
  json.Key("unit").String(airquality::Traits(score.pollutant).unit_name);
  json.Key("horizon").Integer(score.horizon_days);
  if (score.site) json.Key("site_id").String(score.site->ToString());
  json.Key("forecasts").Integer(static_cast<std::int64_t>(score.rows));
  json.Key("rmse").Double(score.rmse).Key("mae").Double(score.mae).Key("bias").Double(score.bias);
  json.Key("interval_coverage").Double(score.coverage);
  json.Key("best_baseline").String(forecast::BaselineName(score.best));
  json.Key("skill").Double(score.skill);
  json.Key("skill_over_persistence").Double(score.skill_over_persistence).EndObject();
}

// What is asked for of the versions: none, their scores over all sites, or those of one site.
struct VersionsWanted {
  bool any = false;
  std::optional<airquality::SiteId> site;
};

void WriteVersions(formats::JsonWriter& json, const service::SkillReport& report,
                   const VersionsWanted& wanted, std::uint32_t pollutants, std::uint32_t horizons) {
  if (!wanted.any) return;
  json.Key("versions").BeginArray();
  for (const forecast::VersionScore& score : report.versions) {
    if (score.site != wanted.site) continue;
    if ((pollutants >> airquality::Index(score.pollutant) & 1U) == 0) continue;
    if ((horizons >> (score.horizon_days - 1) & 1U) == 0) continue;
    WriteVersion(json, score);
  }
  json.EndArray();
}

base::Result<void> AnswerSkill(const service::Skill& skill, const Request& request,
                               Response& response) {
  QueryFields query(request);
  const std::uint32_t pollutants = query.Pollutants("pollutant");
  const std::uint32_t horizons = query.Horizons("horizon", kLongestHorizon);
  VersionsWanted wanted;
  if (query.Has("site")) wanted.site = query.Site("site");
  wanted.any = query.Choice("by", {"", "version"}) == 1 || wanted.site.has_value();
  if (query.AnswerInvalid(response)) return {};
  GC_ASSIGN_OR_RETURN(const auto report, skill.Latest());
  formats::JsonWriter json(response.body());
  json.BeginObject();
  DayField(json, "from", report->from);
  DayField(json, "to", report->to);
  TimestampField(json, "computed_at", report->computed_at);
  json.Key("unobserved").Integer(static_cast<std::int64_t>(report->unobserved));
  json.Key("skill").BeginArray();
  const auto write = [&](const std::vector<forecast::ScoredGroup>& groups,
                         airquality::Basis basis) {
    for (const forecast::ScoredGroup& group : groups) {
      if ((pollutants >> airquality::Index(group.pollutant) & 1U) == 0) continue;
      if ((horizons >> (group.horizon_days - 1) & 1U) == 0) continue;
      WriteGroup(json, group, basis);
    }
  };
  write(report->groups, airquality::Basis::kSite);
  write(report->groups_from_neighbours, airquality::Basis::kNeighbours);
  json.EndArray();
  WriteVersions(json, *report, wanted, pollutants, horizons);
  json.EndObject();
  return {};
}

}  // namespace

void AddSkillRoute(const service::Skill& skill, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/v1/skill",
       .scope = Scope::kRead,
       .listener = Listener::kPublic,
       .summary = "How good the issued forecasts were, against the best simple method",
       .tag = "Air quality",
       .parameters = {{.name = "pollutant",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"string"})",
                       .description = "Comma list; all by default"},
                      {.name = "horizon",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"string"})",
                       .description = "Comma list of 1 to 3 days; all by default"},
                      {.name = "by",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"enum":["version"]})",
                       .description = "Also each version's scores over all of its sites"},
                      {.name = "site",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"string"})",
                       .description = "Also each version's scores at this site"}},
       .responses = {{200,
                      "By pollutant and lead time, forecasts from neighbours alone by themselves; "
                      "none before a forecast day was measured",
                      "application/json", "Skill"},
                     {503, "The first judgement is running", "application/json", "Error"}},
       .handler = [&skill](const Request& request, Response& response) {
         return AnswerSkill(skill, request, response);
       }});
  table.schemas.push_back({"Skill", R"({
    "type": "object", "required": ["from", "to", "computed_at", "unobserved", "skill"],
    "properties": {
      "from": {"type": "string", "format": "date"}, "to": {"type": "string", "format": "date"},
      "computed_at": {"type": "string", "format": "date-time"},
      "unobserved": {"type": "integer", "description": "Forecasts whose day is not measured yet"},
      "skill": {"type": "array", "items": {"type": "object", "properties": {
        "pollutant": {"type": "string"}, "unit": {"type": "string"},
        "horizon": {"type": "integer"}, "basis": {"$ref": "#/components/schemas/Basis"},
        "forecasts": {"type": "integer"},
        "days_over_aqi_100": {"type": "integer"}, "rmse": {"type": ["number", "null"]},
        "mae": {"type": ["number", "null"]}, "bias": {"type": ["number", "null"]},
        "aqi_mae": {"type": ["number", "null"]}, "category_hit_rate": {"type": ["number", "null"]},
        "pod": {"type": ["number", "null"]}, "far": {"type": ["number", "null"]},
        "csi": {"type": ["number", "null"]},
        "skill": {"type": ["number", "null"]}, "best_baseline": {"type": "string"},
        "skill_interval": {"type": "array", "items": {"type": ["number", "null"]},
          "description": "95 %, by weeks drawn again; null before eight weeks were measured"},
        "crps": {"type": ["number", "null"]},
        "crps_skill": {"type": ["number", "null"],
          "description": "Against the best baseline as a distribution of its own past errors"},
        "interval_coverage": {"type": ["number", "null"]},
        "interval_width": {"type": ["number", "null"]}, "brier_score": {"type": ["number", "null"]},
        "brier_skill": {"type": ["number", "null"], "description": "Against persistence"},
        "baselines": {"type": "object"}}}},
      "versions": {"type": "array", "description": "As by or site asks", "items": {
        "type": "object", "properties": {
        "model_id": {"type": "string"}, "pollutant": {"type": "string"},
        "unit": {"type": "string"}, "horizon": {"type": "integer"},
        "site_id": {"type": "string"}, "forecasts": {"type": "integer"},
        "rmse": {"type": ["number", "null"]}, "mae": {"type": ["number", "null"]},
        "bias": {"type": ["number", "null"]}, "interval_coverage": {"type": ["number", "null"]},
        "best_baseline": {"type": "string"}, "skill": {"type": ["number", "null"]},
        "skill_over_persistence": {"type": ["number", "null"]}}}}}})"});
}

}  // namespace geoclimate::server::http::routes
