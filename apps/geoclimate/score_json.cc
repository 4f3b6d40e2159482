#include "apps/geoclimate/score_json.h"

#include <string_view>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

using forecast::AlertScore;
using forecast::ComparisonScore;
using forecast::IntervalScored;
using forecast::MethodScore;
using forecast::Score;

constexpr std::array<std::string_view, forecast::kAlertRules> kAlertNames = {"p50", "p90",
                                                                             "p_aqi_over_100"};

class ReportWriter {
 public:
  explicit ReportWriter(std::string& text) : json_(text) {}

  void Write(const ScoreReport& report) {
    json_.BeginObject();
    WriteFile(report.file);
    Count("judged", static_cast<double>(report.judged));
    Count("unknown_site", static_cast<double>(report.unknown_site));
    Count("unobserved", static_cast<double>(report.unobserved));
    Count("without_baseline", static_cast<double>(report.without_baseline));
    json_.Key("group_by");
    if (report.group_by.empty()) {
      json_.Null();
    } else {
      json_.String(report.group_by);
    }
    json_.Key("alert_threshold").Double(report.rules.alert_threshold);
    json_.Key("bootstrap").BeginObject().Key("block").String("iso_week");
    json_.Key("replicates").Integer(report.bootstrap.replicates);
    json_.Key("seed").Integer(static_cast<std::int64_t>(report.bootstrap.seed)).EndObject();
    json_.Key("groups").BeginArray();
    for (const forecast::ScoredGroup& group : report.groups) WriteGroup(group);
    json_.EndArray();
    if (report.against) {
      json_.Key("against").BeginObject();
      WriteFile(*report.against);
      json_.Key("groups").BeginArray();
      for (const forecast::ComparedGroup& group : report.compared) WriteCompared(group);
      json_.EndArray().EndObject();
    }
    json_.EndObject();
  }

 private:
  void Count(std::string_view name, double value) {
    json_.Key(name).Integer(static_cast<std::int64_t>(value));
  }

  void WriteFile(const ForecastFileReport& file) {
    json_.Key("file").String(file.path);
    Count("forecasts", static_cast<double>(file.forecasts));
    Count("rejected", static_cast<double>(file.rejected()));
    json_.Key("rejects_by_reason").BeginObject();
    for (std::size_t i = 0; i < file.rejects.size(); ++i) {
      if (file.rejects[i] == 0) continue;
      Count(forecast::RejectName(static_cast<forecast::ForecastReject>(i)),
            static_cast<double>(file.rejects[i]));
    }
    json_.EndObject();
  }

  void WriteMethod(std::string_view name, const MethodScore& score) {
    json_.Key(name).BeginObject();
    json_.Key("rmse").Double(score.rmse).Key("mae").Double(score.mae);
    json_.Key("bias").Double(score.bias).Key("aqi_mae").Double(score.aqi_mae);
    json_.Key("category_hit_rate").Double(score.category_hit_rate);
    json_.Key("pod").Double(score.pod).Key("far").Double(score.far).Key("csi").Double(score.csi);
    json_.EndObject();
  }

  void WriteAlerts(const Score& score) {
    json_.Key("alerts").BeginObject();
    for (std::size_t rule = 0; rule < forecast::kAlertRules; ++rule) {
      const AlertScore& alert = score.alerts[rule];
      json_.Key(kAlertNames[rule]).BeginObject();
      json_.Key("pod").Double(alert.pod).Key("far").Double(alert.far);
      json_.Key("csi").Double(alert.csi).Key("csi_gain").Double(alert.csi_gain);
      json_.EndObject();
    }
    json_.EndObject();
  }

  void WriteFigures(const Score& score) {
    json_.Key("skill").Double(score.skill);
    json_.Key("crps").Double(score.crps).Key("crps_dressed").Double(score.crps_dressed);
    json_.Key("crps_skill").Double(score.crps_skill);
    json_.Key("pit").BeginArray();
    for (const double share : score.pit) json_.Double(share);
    json_.EndArray();
    json_.Key("coverage").Double(score.coverage).Key("width").Double(score.width);
    json_.Key("interval_score").Double(score.interval_score);
    json_.Key("brier").Double(score.brier);
    json_.Key("brier_persistence").Double(score.brier_persistence);
    json_.Key("brier_base_rate").Double(score.brier_base_rate);
    json_.Key("brier_skill").Double(score.brier_skill);
    json_.Key("brier_skill_base_rate").Double(score.brier_skill_base_rate);
    WriteAlerts(score);
    json_.Key("reliability").BeginArray();
    for (const forecast::ReliabilityBin& bin : score.reliability) {
      json_.BeginObject().Key("rows").Double(bin.rows);
      json_.Key("probability").Double(bin.probability).Key("observed").Double(bin.observed);
      json_.EndObject();
    }
    json_.EndArray();
    WriteMethod("forecast", score.forecast);
    json_.Key("baselines").BeginObject();
    for (std::size_t b = 0; b < forecast::kBaselineCount; ++b) {
      WriteMethod(forecast::BaselineName(forecast::kBaselines[b]), score.baselines[b]);
    }
    json_.EndObject();
  }

  void WriteScored(const IntervalScored& scored) {
    Count("rows", scored.score.rows);
    Count("weeks", static_cast<double>(scored.weeks));
    Count("events", scored.score.events);
    WriteFigures(scored.score);
    json_.Key("low").BeginObject();
    WriteFigures(scored.low);
    json_.EndObject().Key("high").BeginObject();
    WriteFigures(scored.high);
    json_.EndObject();
  }

  void WriteHead(airquality::Pollutant pollutant, int horizon_days) {
    json_.Key("pollutant").String(airquality::Name(pollutant));
    json_.Key("unit").String(airquality::Traits(pollutant).unit_name);
    json_.Key("horizon_days").Integer(horizon_days);
  }

  void WriteGroup(const forecast::ScoredGroup& group) {
    json_.BeginObject();
    WriteHead(group.pollutant, group.horizon_days);
    json_.Key("best_baseline").String(forecast::BaselineName(group.best));
    WriteScored(group.scored);
    json_.Key("subsets").BeginArray();
    for (const forecast::ScoredSubset& subset : group.subsets) {
      json_.BeginObject().Key("by").String(subset.by).Key("name").String(subset.name);
      WriteScored(subset.scored);
      json_.EndObject();
    }
    json_.EndArray().EndObject();
  }

  void WriteComparison(const ComparisonScore& score) {
    json_.Key("mse").Double(score.mse).Key("other_mse").Double(score.other_mse);
    json_.Key("mse_difference").Double(score.mse_difference);
    json_.Key("mse_skill").Double(score.mse_skill);
    json_.Key("crps").Double(score.crps).Key("other_crps").Double(score.other_crps);
    json_.Key("crps_difference").Double(score.crps_difference);
    json_.Key("crps_skill").Double(score.crps_skill);
    json_.Key("brier").Double(score.brier).Key("other_brier").Double(score.other_brier);
    json_.Key("brier_difference").Double(score.brier_difference);
    json_.Key("brier_skill").Double(score.brier_skill);
  }

  void WriteCompared(const forecast::ComparedGroup& group) {
    json_.BeginObject();
    WriteHead(group.pollutant, group.horizon_days);
    Count("rows", group.score.rows);
    Count("quantile_rows", group.score.quantile_rows);
    Count("probability_rows", group.score.probability_rows);
    Count("weeks", static_cast<double>(group.weeks));
    WriteComparison(group.score);
    json_.Key("low").BeginObject();
    WriteComparison(group.low);
    json_.EndObject().Key("high").BeginObject();
    WriteComparison(group.high);
    json_.EndObject().EndObject();
  }

  formats::JsonWriter json_;
};

}  // namespace

std::string RenderScoreJson(const ScoreReport& report) {
  std::string text;
  ReportWriter(text).Write(report);
  text += '\n';
  return text;
}

}  // namespace geoclimate::app
