#include "apps/geoclimate/training_output.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <span>
#include <string_view>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/forecast/baselines.h"
#include "geoclimate/forecast/place_rows.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

using training::FitReport;

// The simple methods of one basis as columns' heads, in the order of the report's baselines.
std::span<const std::string_view> ShortNames(airquality::Basis basis) {
  static constexpr std::array<std::string_view, forecast::kBaselineCount> kOfSites = {
      "persist.", "7 days", "30 days", "damped30", "dampedall", "season"};
  static constexpr std::array<std::string_view, forecast::kInterpolationCount> kOfPlaces = {
      "nearest", "newest", "7 days", "30 days", "damped30", "mean"};
  if (basis == airquality::Basis::kSite) return kOfSites;
  return kOfPlaces;
}

std::string Verdict(const TrainingResult& result) {
  if (!result.published.ok()) return "not published: " + result.published.error().ToString();
  const PublishedJob& published = *result.published;
  if (!published.promoted.empty()) return "in production";
  if (!published.refusal.empty()) return "refused: " + published.refusal;
  if (!published.model_id.empty()) return "published";
  return "no better than its baseline: the fallback forecasts";
}

// With what was available at 15:00 of the issue day; NaN: not known.
double OperationalSkill(const TrainedJob& job) {
  const model::CardScores* const scores = model::FindScores(job.cards.model, "operational");
  return scores == nullptr ? model::kUnknownFigure : scores->skill.value;
}

std::string Row(const TrainingResult& result) {
  const TrainingJob& job = result.job.job;
  std::string line = fmt::format("{:<6} {:>1}", airquality::Name(job.pollutant), job.horizon_days);
  if (!result.job.trained.ok()) {
    return fmt::format("{} {:>8}  not fitted: {}\n", line, result.job.rows,
                       result.job.trained.error().message());
  }
  const FitReport& report = result.job.trained->report;
  line += fmt::format(" {:>8}", report.scored_rows);
  for (std::size_t i = 0; i < report.baselines.size(); ++i) {
    line +=
        fmt::format(" {:>8.4g}{}", report.baselines[i].rmse, i == report.best_baseline ? '*' : ' ');
  }
  const double operational = OperationalSkill(result.job);
  return line + fmt::format(" {:>8.4g} {:>7.3f} {:>5.0f} % {:>7}  {}\n", report.model.rmse,
                            report.skill, 100 * report.coverage,
                            std::isnan(operational) ? "-" : fmt::format("{:.3f}", operational),
                            Verdict(result));
}

// Empty when nothing was trained on that basis.
std::string RenderTable(const std::vector<TrainingResult>& results, airquality::Basis basis) {
  std::string rows;
  for (const TrainingResult& result : results) {
    if (result.job.job.basis == basis) rows += Row(result);
  }
  if (rows.empty()) return rows;
  std::string table = fmt::format("{:<6} {:>1} {:>8}", "RMSE", "d", "rows");
  for (const std::string_view name : ShortNames(basis)) table += fmt::format(" {:>8} ", name);
  return table + fmt::format(" {:>8} {:>7} {:>7} {:>7}\n", "model", "skill", "in 80 %", "15:00") +
         rows;
}

void WriteReport(formats::JsonWriter& json, const TrainingResult& result) {
  const FitReport& report = result.job.trained->report;
  json.Key("evaluate").BeginObject();
  json.Key("from").String(base::FormatDay(report.evaluate.first_issue_day));
  json.Key("to").String(base::FormatDay(report.evaluate.last_valid_day));
  json.Key("rows").Integer(static_cast<std::int64_t>(report.scored_rows)).EndObject();
  json.Key("rmse").BeginObject();
  for (const training::MethodScore& baseline : report.baselines) {
    json.Key(baseline.name).Double(baseline.rmse);
  }
  json.Key("fallback").Double(report.fallback.rmse);
  json.Key("model").Double(report.model.rmse).EndObject();
  json.Key("best_baseline").String(report.baselines[report.best_baseline].name);
  json.Key("skill").Double(report.skill);
  json.Key("coverage_80").Double(report.coverage);
  json.Key("operational_skill").Double(OperationalSkill(result.job));
  json.Key("rounds").BeginArray();
  for (const training::MemberReport& member : report.members) json.Integer(member.rounds);
  json.EndArray();
}

void WriteText(formats::JsonWriter& json, std::string_view key, const std::string& text) {
  json.Key(key);
  if (text.empty()) {
    json.Null();
  } else {
    json.String(text);
  }
}

}  // namespace

std::string RenderTrainingTable(const std::vector<TrainingResult>& results) {
  std::string table = RenderTable(results, airquality::Basis::kSite);
  const std::string places = RenderTable(results, airquality::Basis::kNeighbours);
  if (!places.empty()) {
    table += fmt::format(
        "{}At places without values of their own, from the sites around, against interpolation:\n",
        table.empty() ? "" : "\n");
    table += places;
  }
  table += R"(
RMSE on the newest fifth of the rows, which nothing was fitted on; of places, at sites that no fit has
seen. PM in ug/m3, O3 and CO in ppm, NO2 and SO2 in ppb. skill = 1 - MSE(model) / MSE(best of the
simple methods, *). 15:00: the skill with what was available at 15:00 of the issue day, on the last
365 issue days of these rows at most, against baselines that know that day to its end.
)";
  return table;
}

std::string RenderTrainingJson(const std::vector<TrainingResult>& results) {
  std::string text;
  formats::JsonWriter json(text);
  json.BeginObject().Key("results").BeginArray();
  for (const TrainingResult& result : results) {
    const airquality::PollutantTraits& traits = airquality::Traits(result.job.job.pollutant);
    json.BeginObject().Key("pollutant").String(traits.name);
    json.Key("horizon").Integer(result.job.job.horizon_days);
    json.Key("basis").String(airquality::BasisName(result.job.job.basis));
    json.Key("unit").String(traits.unit_name);
    json.Key("rows").Integer(static_cast<std::int64_t>(result.job.rows));
    if (!result.job.trained.ok()) {
      json.Key("error").String(result.job.trained.error().ToString()).EndObject();
      continue;
    }
    WriteReport(json, result);
    if (result.published.ok()) {
      WriteText(json, "model_id", result.published->model_id);
      WriteText(json, "fallback_id", result.published->fallback_id);
      WriteText(json, "promoted", result.published->promoted);
      WriteText(json, "refusal", result.published->refusal);
    } else {
      json.Key("error").String(result.published.error().ToString());
    }
    json.EndObject();
  }
  json.EndArray().EndObject();
  text += '\n';
  return text;
}

}  // namespace geoclimate::app
