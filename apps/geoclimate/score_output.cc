#include "apps/geoclimate/score_output.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "apps/geoclimate/progress.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

using forecast::Baseline;
using forecast::MethodScore;
using forecast::Score;
using forecast::ScoredGroup;

std::string Cell(double value, int decimals) {
  return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, decimals);
}

// Three figures or so of what people call a large value of the pollutant.
int Decimals(airquality::Pollutant pollutant) {
  return airquality::Traits(pollutant).unit == airquality::Unit::kPartsPerMillion ? 4 : 2;
}

void AppendMethod(std::string_view name, const MethodScore& score, double skill, int decimals,
                  std::string& text) {
  text += fmt::format(
      "  {:<16}{:>9}{:>9}{:>9}{:>8}{:>9}{:>10}{:>7}{:>7}{:>7}\n", name, Cell(score.rmse, decimals),
      Cell(score.mae, decimals), Cell(score.bias, decimals), Cell(skill, 3), Cell(score.aqi_mae, 1),
      Cell(score.category_hit_rate, 3), Cell(score.pod, 2), Cell(score.far, 2), Cell(score.csi, 2));
}

void AppendGroup(const ScoredGroup& group, std::string& text) {
  const Score& score = group.score;
  const int decimals = Decimals(group.pollutant);
  text +=
      fmt::format("\n{} D+{}: {} forecasts, {} days over AQI 100, {}\n",
                  airquality::Name(group.pollutant), group.horizon_days, WithThousands(score.rows),
                  WithThousands(score.events), airquality::Traits(group.pollutant).unit_name);
  text += fmt::format("  {:<16}{:>9}{:>9}{:>9}{:>8}{:>9}{:>10}{:>7}{:>7}{:>7}\n", "", "RMSE", "MAE",
                      "bias", "skill", "AQI MAE", "category", "POD", "FAR", "CSI");
  AppendMethod("forecast", score.forecast, score.skill, decimals, text);
  const double best = score.baselines[static_cast<std::size_t>(score.best)].rmse;
  for (std::size_t b = 0; b < forecast::kBaselineCount; ++b) {
    const MethodScore& baseline = score.baselines[b];
    const double skill = 1 - baseline.rmse * baseline.rmse / (best * best);
    AppendMethod(forecast::BaselineName(forecast::kBaselines[b]), baseline, skill, decimals, text);
  }
  text +=
      fmt::format("  80 % interval: coverage {}, width {}; CRPS {}; Brier score over AQI 100 {}\n",
                  Cell(score.coverage, 3), Cell(score.width, decimals), Cell(score.crps, decimals),
                  Cell(score.brier, 4));
}

void WriteMethod(const MethodScore& score, formats::JsonWriter& json) {
  json.BeginObject();
  json.Key("rmse").Double(score.rmse).Key("mae").Double(score.mae).Key("bias").Double(score.bias);
  json.Key("aqi_mae").Double(score.aqi_mae);
  json.Key("category_hit_rate").Double(score.category_hit_rate);
  json.Key("pod").Double(score.pod).Key("far").Double(score.far).Key("csi").Double(score.csi);
  json.EndObject();
}

void WriteGroup(const ScoredGroup& group, formats::JsonWriter& json) {
  const Score& score = group.score;
  json.BeginObject();
  json.Key("pollutant").String(airquality::Name(group.pollutant));
  json.Key("unit").String(airquality::Traits(group.pollutant).unit_name);
  json.Key("horizon_days").Integer(group.horizon_days);
  json.Key("rows").Integer(static_cast<std::int64_t>(score.rows));
  json.Key("events").Integer(static_cast<std::int64_t>(score.events));
  json.Key("skill").Double(score.skill);
  json.Key("best_baseline").String(forecast::BaselineName(score.best));
  json.Key("crps").Double(score.crps).Key("coverage").Double(score.coverage);
  json.Key("width").Double(score.width).Key("brier").Double(score.brier);
  json.Key("forecast");
  WriteMethod(score.forecast, json);
  json.Key("baselines").BeginObject();
  for (std::size_t b = 0; b < forecast::kBaselineCount; ++b) {
    json.Key(forecast::BaselineName(forecast::kBaselines[b]));
    WriteMethod(score.baselines[b], json);
  }
  json.EndObject().EndObject();
}

}  // namespace

std::string RenderScoreText(const ScoreReport& report) {
  std::string text = fmt::format("{} of {} forecasts judged\n", WithThousands(report.judged),
                                 WithThousands(report.forecasts));
  const auto left_out = [&text](std::uint64_t count, std::string_view why) {
    if (count > 0) text += fmt::format("  {:>11}  {}\n", WithThousands(count), why);
  };
  left_out(report.unobserved, "for a day without an observation");
  left_out(report.unknown_site, "at a site without any observation");
  left_out(report.without_baseline, "without any value on or before the issue day");
  for (const ScoredGroup& group : report.groups) AppendGroup(group, text);
  return text;
}

std::string RenderScoreJson(const ScoreReport& report) {
  std::string text;
  formats::JsonWriter json(text);
  json.BeginObject();
  json.Key("forecasts").Integer(static_cast<std::int64_t>(report.forecasts));
  json.Key("judged").Integer(static_cast<std::int64_t>(report.judged));
  json.Key("unknown_site").Integer(static_cast<std::int64_t>(report.unknown_site));
  json.Key("unobserved").Integer(static_cast<std::int64_t>(report.unobserved));
  json.Key("without_baseline").Integer(static_cast<std::int64_t>(report.without_baseline));
  json.Key("groups").BeginArray();
  for (const ScoredGroup& group : report.groups) WriteGroup(group, json);
  json.EndArray().EndObject();
  text += '\n';
  return text;
}

}  // namespace geoclimate::app
