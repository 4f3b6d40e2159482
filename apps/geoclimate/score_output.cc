#include "apps/geoclimate/score_output.h"

#include <fmt/format.h>

#include <cmath>

#include "apps/geoclimate/progress.h"

namespace geoclimate::app {
namespace {

using forecast::IntervalScored;
using forecast::MethodScore;
using forecast::Score;
using forecast::ScoredGroup;

std::string Counted(double count) {
  return WithThousands(static_cast<std::uint64_t>(count));
}

// A figure of a score with its interval.
template <typename Figure>
std::string With(const IntervalScored& scored, Figure figure, int decimals) {
  return IntervalCell(figure(scored.score), figure(scored.low), figure(scored.high), decimals);
}
std::string Skill(const IntervalScored& scored) {
  return With(scored, [](const Score& score) { return score.skill; }, 3);
}
std::string CrpsSkill(const IntervalScored& scored) {
  return With(scored, [](const Score& score) { return score.crps_skill; }, 3);
}
std::string Coverage(const IntervalScored& scored) {
  return With(scored, [](const Score& score) { return score.coverage; }, 3);
}

void AppendMethod(std::string_view name, const MethodScore& score, double skill, int decimals,
                  std::string& text) {
  text += fmt::format("  {:<16}{:>9}{:>9}{:>9}{:>8}{:>9}{:>10}{:>7}{:>7}{:>7}\n", name,
                      FigureCell(score.rmse, decimals), FigureCell(score.mae, decimals),
                      FigureCell(score.bias, decimals), FigureCell(skill, 3),
                      FigureCell(score.aqi_mae, 1), FigureCell(score.category_hit_rate, 3),
                      FigureCell(score.pod, 2), FigureCell(score.far, 2), FigureCell(score.csi, 2));
}

void AppendMethods(const ScoredGroup& group, std::string& text) {
  const Score& score = group.score();
  const int decimals = DecimalsOf(group.pollutant);
  text += fmt::format("  {:<16}{:>9}{:>9}{:>9}{:>8}{:>9}{:>10}{:>7}{:>7}{:>7}\n", "", "RMSE", "MAE",
                      "bias", "skill", "AQI MAE", "category", "POD", "FAR", "CSI");
  AppendMethod("forecast", score.forecast, score.skill, decimals, text);
  const double best = score.baselines[static_cast<std::size_t>(group.best)].rmse;
  for (std::size_t b = 0; b < forecast::kBaselineCount; ++b) {
    const MethodScore& baseline = score.baselines[b];
    const double skill = 1 - baseline.rmse * baseline.rmse / (best * best);
    AppendMethod(forecast::BaselineName(forecast::kBaselines[b]), baseline, skill, decimals, text);
  }
}

void AppendDistribution(const ScoredGroup& group, std::string& text) {
  const IntervalScored& scored = group.scored;
  const int decimals = DecimalsOf(group.pollutant);
  if (std::isnan(scored.score.coverage)) return;
  text +=
      fmt::format("  80 % interval: coverage {}, width {}, interval score {}\n", Coverage(scored),
                  With(
                      scored, [](const Score& score) { return score.width; }, decimals),
                  With(scored, [](const Score& score) { return score.interval_score; }, decimals));
  if (std::isnan(scored.score.crps)) return;
  text += fmt::format("  CRPS {}; skill {} against {} with its past errors\n",
                      With(
                          scored, [](const Score& score) { return score.crps; }, decimals),
                      CrpsSkill(scored), forecast::BaselineName(group.best));
  const auto& pit = scored.score.pit;
  text += fmt::format(
      "  observed below p10 {:.3f} (0.1 is right), p10-p50 {:.3f} (0.4), p50-p90 {:.3f} (0.4), "
      "above p90 {:.3f} (0.1)\n",
      pit[0], pit[1], pit[2], pit[3]);
}

void AppendProbability(const IntervalScored& scored, std::string& text) {
  if (std::isnan(scored.score.brier)) return;
  text += fmt::format(
      "  P(AQI > 100): Brier score {}; skill {} against persistence, {} against the base rate\n",
      With(
          scored, [](const Score& score) { return score.brier; }, 4),
      With(
          scored, [](const Score& score) { return score.brier_skill; }, 3),
      With(scored, [](const Score& score) { return score.brier_skill_base_rate; }, 3));
  text += "    said  ";
  std::string came = "    came  ";
  std::string rows = "    rows  ";
  for (const forecast::ReliabilityBin& bin : scored.score.reliability) {
    if (bin.rows == 0) continue;
    text += fmt::format("{:>11.3f}", bin.probability);
    came += fmt::format("{:>11.3f}", bin.observed);
    rows += fmt::format("{:>11}", Counted(bin.rows));
  }
  text += '\n' + came + '\n' + rows + '\n';
}

void AppendAlerts(const IntervalScored& scored, const forecast::ScoreRules& rules,
                  std::string& text) {
  if (scored.score.events == 0) return;
  text += fmt::format("  warned of AQI > 100 by {:>16}{:>7}  {:<24}{}\n", "POD", "FAR", "CSI",
                      "CSI - persistence's");
  for (std::size_t rule = 0; rule < forecast::kAlertRules; ++rule) {
    const forecast::AlertScore& alert = scored.score.alerts[rule];
    if (std::isnan(alert.pod)) continue;
    text += fmt::format(
        "    {:<34}{:>5}{:>7}  {:<24}{}\n",
        AlertName(static_cast<forecast::AlertRule>(rule), rules), FigureCell(alert.pod, 2),
        FigureCell(alert.far, 2),
        With(
            scored, [rule](const Score& score) { return score.alerts[rule].csi; }, 3),
        With(scored, [rule](const Score& score) { return score.alerts[rule].csi_gain; }, 3));
  }
}

void AppendSubsets(const ScoredGroup& group, std::string& text) {
  if (group.subsets.empty()) return;
  const int decimals = DecimalsOf(group.pollutant);
  text += fmt::format("  {:<26}{:>11}{:>9}  {:<25}{:<25}{:<25}{}\n", "", "forecasts", "RMSE",
                      "skill", "CRPS skill", "coverage", "Brier skill");
  for (const forecast::ScoredSubset& subset : group.subsets) {
    const std::string name = subset.by + ' ' + subset.name;
    text += fmt::format(
        "  {:<26}{:>11}{:>9}  {:<25}{:<25}{:<25}{}\n", name, Counted(subset.scored.score.rows),
        FigureCell(subset.scored.score.forecast.rmse, decimals), Skill(subset.scored),
        CrpsSkill(subset.scored), Coverage(subset.scored),
        With(subset.scored, [](const Score& score) { return score.brier_skill; }, 3));
  }
}

void AppendGroup(const ScoredGroup& group, const forecast::ScoreRules& rules, std::string& text) {
  const Score& score = group.score();
  text += fmt::format("\n{} D+{}: {} forecasts in {} weeks, {} days over AQI 100, {}\n",
                      airquality::Name(group.pollutant), group.horizon_days, Counted(score.rows),
                      group.scored.weeks, Counted(score.events),
                      airquality::Traits(group.pollutant).unit_name);
  AppendMethods(group, text);
  text += fmt::format("  skill {} against {}\n", Skill(group.scored),
                      forecast::BaselineName(group.best));
  AppendDistribution(group, text);
  AppendProbability(group.scored, text);
  AppendAlerts(group.scored, rules, text);
  AppendSubsets(group, text);
}

void AppendComparison(const ScoreReport& report, std::string& text) {
  text += fmt::format("\nagainst {}, on the rows of both; above 0 these are better\n",
                      report.against->path);
  text += fmt::format("  {:<12}{:>11}  {:<25}{:<25}{}\n", "", "forecasts", "MSE skill",
                      "CRPS skill", "Brier skill");
  for (const forecast::ComparedGroup& group : report.compared) {
    const std::string name =
        fmt::format("{} D+{}", airquality::Name(group.pollutant), group.horizon_days);
    text += fmt::format(
        "  {:<12}{:>11}  {:<25}{:<25}{}\n", name, Counted(group.score.rows),
        IntervalCell(group.score.mse_skill, group.low.mse_skill, group.high.mse_skill, 3),
        IntervalCell(group.score.crps_skill, group.low.crps_skill, group.high.crps_skill, 3),
        IntervalCell(group.score.brier_skill, group.low.brier_skill, group.high.brier_skill, 3));
  }
}

void AppendRejects(const ForecastFileReport& file, std::string& text) {
  if (file.rejected() == 0) return;
  text += fmt::format("{} lines of {} rejected:\n", WithThousands(file.rejected()), file.path);
  for (std::size_t i = 0; i < file.rejects.size(); ++i) {
    if (file.rejects[i] == 0) continue;
    text += fmt::format("  {:>11}  {}\n", WithThousands(file.rejects[i]),
                        forecast::RejectName(static_cast<forecast::ForecastReject>(i)));
  }
  for (const std::string& line : file.first_rejects) text += fmt::format("  {}\n", line);
}

}  // namespace

std::string FigureCell(double value, int decimals) {
  if (std::isnan(value)) return "-";
  std::string text = fmt::format("{:.{}f}", value, decimals);
  // A minus before nothing but zeros is rounding's.
  if (text.find_first_not_of("-0.") == std::string::npos && text.front() == '-') text.erase(0, 1);
  return text;
}

std::string IntervalCell(double value, double low, double high, int decimals) {
  if (std::isnan(low) || std::isnan(high)) return FigureCell(value, decimals);
  return fmt::format("{} [{}, {}]", FigureCell(value, decimals), FigureCell(low, decimals),
                     FigureCell(high, decimals));
}

int DecimalsOf(airquality::Pollutant pollutant) {
  return airquality::Traits(pollutant).unit == airquality::Unit::kPartsPerMillion ? 4 : 2;
}

std::string AlertName(forecast::AlertRule rule, const forecast::ScoreRules& rules) {
  switch (rule) {
    case forecast::AlertRule::kMedian:
      return "p50";
    case forecast::AlertRule::kUpper:
      return "p90";
    case forecast::AlertRule::kProbability:
      return fmt::format("p_aqi_over_100 >= {}", rules.alert_threshold);
  }
  return "";
}

std::string RenderScoreText(const ScoreReport& report) {
  std::string text = fmt::format("{} of {} forecasts judged\n", WithThousands(report.judged),
                                 WithThousands(report.file.forecasts));
  const auto left_out = [&text](std::uint64_t count, std::string_view why) {
    if (count > 0) text += fmt::format("  {:>11}  {}\n", WithThousands(count), why);
  };
  left_out(report.unobserved, "for a day without an observation");
  left_out(report.unknown_site, "at a site without any observation");
  left_out(report.without_baseline, "without any value on or before the issue day");
  AppendRejects(report.file, text);
  if (report.against) AppendRejects(*report.against, text);
  for (const ScoredGroup& group : report.groups) AppendGroup(group, report.rules, text);
  if (report.against) AppendComparison(report, text);
  return text;
}

}  // namespace geoclimate::app
