#include "apps/geoclimate/score_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>

#include "apps/geoclimate/progress.h"
#include "apps/geoclimate/score_output.h"
#include "apps/geoclimate/score_plots.h"
#include "apps/geoclimate/svg_plot.h"

namespace geoclimate::app {
namespace {

using forecast::IntervalScored;
using forecast::MethodScore;
using forecast::Score;
using forecast::ScoredGroup;

constexpr std::size_t kSeries = 6;  // colours of the plots

// Okabe and Ito's colours, told apart with every kind of colour vision, a little lighter on dark.
constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --text: #1b1f24; --back: #ffffff; --panel: #f6f7f9; --line: #c9ced6;
  --s0: #0072b2; --s1: #d55e00; --s2: #009e73; --s3: #a0559a; --s4: #8a6d00; --s5: #555555; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e8eb; --back: #15181c; --panel: #1f242a;
  --line: #3c434c; --s0: #56b4e9; --s1: #f0883e; --s2: #35c69b; --s3: #d59fd0; --s4: #e8cf5a; --s5: #aaaaaa; } }
body { margin: 0 auto; max-width: 1180px; padding: 1rem; font: 15px/1.45 system-ui, sans-serif;
  color: var(--text); background: var(--back); }
h1 { font-size: 1.5rem; } h2 { margin-top: 2.2rem; border-bottom: 1px solid var(--line); } h3 { margin-bottom: .3rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); gap: 12px; }
.plots svg { width: 100%; height: auto; background: var(--panel); border-radius: 6px; }
svg text { font-size: 11px; fill: currentColor; } svg text.title { font-size: 13px; font-weight: 600; }
.axis { stroke: currentColor; } .grid { stroke: var(--line); stroke-width: .6; }
.mark { stroke: currentColor; stroke-dasharray: 4 3; opacity: .7; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .4rem 0 1rem; }
th, td { padding: .18rem .55rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin: 0 .3em 0 1em; }
code { overflow-wrap: anywhere; }
)css";

std::string Counted(double count) {
  return WithThousands(static_cast<std::uint64_t>(count));
}

template <typename Figure>
std::string With(const IntervalScored& scored, Figure figure, int decimals) {
  return IntervalCell(figure(scored.score), figure(scored.low), figure(scored.high), decimals);
}

class Page {
 public:
  explicit Page(const ScoreReport& report) : report_(report) {}

  std::string Render() && {
    html_ = R"(<!doctype html><html lang="en"><head><meta charset="utf-8">)"
            R"(<meta name="viewport" content="width=device-width, initial-scale=1">)"
            "<title>Forecast scores</title><style>";
    html_ += kStyle;
    for (std::size_t i = 0; i < kSeries; ++i) {
      html_ += fmt::format(
          ".s{0} {{ stroke: var(--s{0}); stroke-width: 1.6; }} .s{0}.fill {{ fill: "
          "var(--s{0}); stroke: none; }} .k{0} {{ background: var(--s{0}); }}\n",
          i);
    }
    html_ += "</style></head><body>";
    AddSummary();
    for (auto begin = report_.groups.begin(); begin != report_.groups.end();) {
      const auto end = std::find_if(begin, report_.groups.end(), [&](const ScoredGroup& group) {
        return group.pollutant != begin->pollutant;
      });
      AddPollutant({begin, end});
      begin = end;
    }
    if (report_.against) AddComparison();
    AddNotes();
    html_ += "</body></html>\n";
    return std::move(html_);
  }

 private:
  void AddRow(std::string_view tag, std::span<const std::string> cells) {
    html_ += "<tr>";
    for (const std::string& cell : cells) {
      html_ += fmt::format("<{0}>{1}</{0}>", tag, EscapeHtml(cell));
    }
    html_ += "</tr>";
  }
  void AddRow(std::string_view tag, std::initializer_list<std::string> cells) {
    AddRow(tag, std::span<const std::string>(cells.begin(), cells.size()));
  }
  void BeginTable() { html_ += R"(<div class="scroll"><table>)"; }
  void EndTable() { html_ += "</table></div>"; }

  void AddSummary() {
    html_ +=
        fmt::format("<h1>Forecast scores</h1><p><code>{}</code>: {} of {} forecasts judged.",
                    EscapeHtml(report_.file.path), Counted(static_cast<double>(report_.judged)),
                    Counted(static_cast<double>(report_.file.forecasts)));
    const auto left_out = [this](std::uint64_t count, std::string_view why) {
      if (count > 0) html_ += fmt::format(" {} {}.", WithThousands(count), why);
    };
    left_out(report_.unobserved, "are for a day without an observation");
    left_out(report_.unknown_site, "are at a site without any observation");
    left_out(report_.without_baseline, "are without any value on or before the issue day");
    left_out(report_.file.rejected(), "lines of the file were rejected");
    html_ += "</p>";
    if (report_.groups.empty()) return;
    BeginTable();
    AddRow("th", {"", "forecasts", "skill", "against", "CRPS skill", "coverage", "Brier skill",
                  "over AQI 100"});
    for (const ScoredGroup& group : report_.groups) {
      const IntervalScored& scored = group.scored;
      AddRow("td", {fmt::format("{} D+{}", airquality::Name(group.pollutant), group.horizon_days),
                    Counted(scored.score.rows),
                    With(
                        scored, [](const Score& score) { return score.skill; }, 3),
                    std::string(forecast::BaselineName(group.best)),
                    With(
                        scored, [](const Score& score) { return score.crps_skill; }, 3),
                    With(
                        scored, [](const Score& score) { return score.coverage; }, 3),
                    With(
                        scored, [](const Score& score) { return score.brier_skill; }, 3),
                    Counted(scored.score.events)});
    }
    EndTable();
  }

  void AddPollutant(std::span<const ScoredGroup> groups) {
    const GroupsOfPollutant shown = groups.first(std::min(groups.size(), kSeries));
    html_ += fmt::format("<h2>{}</h2><p>Lead time", airquality::Name(groups.front().pollutant));
    for (std::size_t i = 0; i < shown.size(); ++i) {
      html_ += fmt::format(R"(<span class="key k{}"></span>D+{})", i, shown[i].horizon_days);
    }
    html_ += "</p><div class=\"plots\">";
    html_ += PlotSkill(shown);
    html_ += PlotRmse(shown);
    html_ += PlotReliability(shown);
    html_ += PlotPit(shown);
    html_ += PlotCoverage(shown);
    html_ += "</div>";
    for (const ScoredGroup& group : groups) AddGroup(group);
  }

  void AddMethod(std::string_view name, const MethodScore& score, double skill, int decimals) {
    AddRow("td",
           {std::string(name), FigureCell(score.rmse, decimals), FigureCell(score.mae, decimals),
            FigureCell(score.bias, decimals), FigureCell(skill, 3), FigureCell(score.aqi_mae, 1),
            FigureCell(score.category_hit_rate, 3), FigureCell(score.pod, 2),
            FigureCell(score.far, 2), FigureCell(score.csi, 2)});
  }

  void AddGroup(const ScoredGroup& group) {
    const Score& score = group.score();
    const int decimals = DecimalsOf(group.pollutant);
    html_ += fmt::format("<h3>{} D+{}: {} forecasts in {} weeks, {}</h3>",
                         airquality::Name(group.pollutant), group.horizon_days, Counted(score.rows),
                         group.scored.weeks, airquality::Traits(group.pollutant).unit_name);
    BeginTable();
    AddRow("th", {"", "RMSE", "MAE", "bias", "skill", "AQI MAE", "category hit rate", "POD", "FAR",
                  "CSI"});
    AddMethod("forecast", score.forecast, score.skill, decimals);
    const double best = score.baselines[static_cast<std::size_t>(group.best)].rmse;
    for (std::size_t b = 0; b < forecast::kBaselineCount; ++b) {
      const MethodScore& baseline = score.baselines[b];
      AddMethod(forecast::BaselineName(forecast::kBaselines[b]), baseline,
                1 - baseline.rmse * baseline.rmse / (best * best), decimals);
    }
    EndTable();
    AddAlerts(group.scored);
    AddSubsets(group, decimals);
  }

  void AddAlerts(const IntervalScored& scored) {
    if (scored.score.events == 0) return;
    BeginTable();
    AddRow("th", {"warned of AQI > 100 by", "POD", "FAR", "CSI", "CSI - persistence's"});
    for (std::size_t rule = 0; rule < forecast::kAlertRules; ++rule) {
      if (std::isnan(scored.score.alerts[rule].pod)) continue;
      const auto figure = [&](double forecast::AlertScore::* member, int decimals) {
        return With(
            scored, [&](const Score& score) { return score.alerts[rule].*member; }, decimals);
      };
      AddRow("td",
             {AlertName(static_cast<forecast::AlertRule>(rule), report_.rules),
              figure(&forecast::AlertScore::pod, 2), figure(&forecast::AlertScore::far, 2),
              figure(&forecast::AlertScore::csi, 3), figure(&forecast::AlertScore::csi_gain, 3)});
    }
    EndTable();
  }

  void AddSubsets(const ScoredGroup& group, int decimals) {
    if (group.subsets.empty()) return;
    html_ += fmt::format("<details><summary>{} parts</summary>", group.subsets.size());
    BeginTable();
    AddRow("th", {"", "forecasts", "RMSE", "bias", "skill", "CRPS skill", "coverage", "width",
                  "interval score", "Brier skill"});
    for (const forecast::ScoredSubset& subset : group.subsets) {
      const IntervalScored& scored = subset.scored;
      AddRow("td", {subset.by + ' ' + subset.name, Counted(scored.score.rows),
                    FigureCell(scored.score.forecast.rmse, decimals),
                    FigureCell(scored.score.forecast.bias, decimals),
                    With(
                        scored, [](const Score& score) { return score.skill; }, 3),
                    With(
                        scored, [](const Score& score) { return score.crps_skill; }, 3),
                    With(
                        scored, [](const Score& score) { return score.coverage; }, 3),
                    FigureCell(scored.score.width, decimals),
                    FigureCell(scored.score.interval_score, decimals),
                    With(scored, [](const Score& score) { return score.brier_skill; }, 3)});
    }
    EndTable();
    html_ += "</details>";
  }

  void AddComparison() {
    html_ += fmt::format(
        "<h2>Against <code>{}</code></h2><p>On the rows of both; above 0 the "
        "judged forecasts are better.</p>",
        EscapeHtml(report_.against->path));
    BeginTable();
    AddRow("th", {"", "forecasts", "MSE skill", "CRPS skill", "Brier skill"});
    for (const forecast::ComparedGroup& group : report_.compared) {
      const auto figure = [&](double forecast::ComparisonScore::* member) {
        return IntervalCell(group.score.*member, group.low.*member, group.high.*member, 3);
      };
      AddRow("td", {fmt::format("{} D+{}", airquality::Name(group.pollutant), group.horizon_days),
                    Counted(group.score.rows), figure(&forecast::ComparisonScore::mse_skill),
                    figure(&forecast::ComparisonScore::crps_skill),
                    figure(&forecast::ComparisonScore::brier_skill)});
    }
    EndTable();
  }

  void AddNotes() {
    html_ += fmt::format(
        "<h2>How to read this</h2><p>Skill is 1 - MSE / MSE of the best of six simple methods, "
        "CRPS skill is against that method with the quantiles of its own past errors, Brier skill "
        "against persistence; above 0 the forecasts are better. Figures in brackets and bars are "
        "95 % intervals from {} draws of whole weeks, over all sites. AQI is by EPA's newest "
        "tables.</p>",
        WithThousands(static_cast<std::uint64_t>(report_.bootstrap.replicates)));
  }

  const ScoreReport& report_;
  std::string html_;
};

}  // namespace

std::string RenderScoreHtml(const ScoreReport& report) {
  return Page(report).Render();
}

}  // namespace geoclimate::app
