#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "geoclimate/model/model_card.h"

namespace geoclimate::model {
namespace {

using Cells = std::vector<std::string>;

// What would end a cell or start markup.
std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '\\' || c == '<' || c == '`' || c == '*') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

// The first row is the head. Columns are padded, so that the text can be read as it is.
void AppendTable(std::string& out, const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 3);
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  const auto append_row = [&](const Cells& row) {
    for (std::size_t i = 0; i < row.size(); ++i) out += fmt::format("| {:<{}} ", row[i], widths[i]);
    out += "|\n";
  };
  append_row(rows.front());
  for (const std::size_t width : widths) out += '|' + std::string(width + 2, '-');
  out += "|\n";
  std::for_each(std::next(rows.begin()), rows.end(), append_row);
  out += '\n';
}

std::string Number(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.4g}", value);
}
std::string Share(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.1f} %", 100 * value);
}
std::string Interval(const CardFigure& figure, std::string (*show)(double)) {
  return std::isnan(figure.low) ? "-"
                                : fmt::format("{} to {}", show(figure.low), show(figure.high));
}
std::string Count(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

void AppendScores(std::string& out, const CardScores& scores, const std::string& unit) {
  out += fmt::format(
      "### Knowledge: {}\n\nIssued {} and later, for days up to {}: {} of {} in {}, {} over AQI "
      "100.\n\n",
      scores.known, base::FormatDay(scores.first_issue_day), base::FormatDay(scores.last_valid_day),
      Count(scores.rows, "row"), Count(scores.sites, "site"), Count(scores.weeks, "week"),
      scores.events);
  std::vector<Cells> methods = {
      {"method", "RMSE (" + unit + ")", "95 % interval", "MAE", "bias", ""}};
  const auto add = [&](const CardMethod& method, std::string_view remark) {
    methods.push_back({Escaped(method.name), Number(method.rmse.value),
                       Interval(method.rmse, Number), Number(method.mae), Number(method.bias),
                       std::string(remark)});
  };
  add(scores.forecast, "");
  for (const CardMethod& baseline : scores.baselines) {
    add(baseline, baseline.name == scores.best_baseline ? "best baseline" : "");
  }
  AppendTable(out, methods);
  std::vector<Cells> figures = {{"figure", "value", "95 % interval"}};
  const auto show = [&](std::string name, const CardFigure& figure, std::string (*format)(double)) {
    figures.push_back({std::move(name), format(figure.value), Interval(figure, format)});
  };
  show("MSE skill against the best baseline", scores.skill, Number);
  show("observations within p10 .. p90", scores.coverage, Share);
  show("width of p10 .. p90 (" + unit + ")", scores.width, Number);
  show("CRPS (" + unit + ")", scores.crps, Number);
  show("Brier score of P(AQI > 100)", scores.brier, Number);
  AppendTable(out, figures);
  std::vector<Cells> reliability = {{"P(AQI > 100), mean", "came on", "rows"}};
  for (const CardReliability& bin : scores.reliability) {
    reliability.push_back(
        {Share(bin.probability), Share(bin.observed), fmt::format("{}", bin.rows)});
  }
  if (reliability.size() > 1) AppendTable(out, reliability);
}

void AppendTraining(std::string& out, const CardTraining& training) {
  out += fmt::format("## Learnt from\n\nValues of {} to {}: {} of {}",
                     base::FormatDay(training.first_day), base::FormatDay(training.last_day),
                     Count(training.rows, "row"), Count(training.sites, "site"));
  if (!training.states.empty()) {
    out += fmt::format(" in {}", Escaped(fmt::format("{}", fmt::join(training.states, ", "))));
  }
  out += ".\n\n";
  std::vector<Cells> sources = {
      {"parameter", "source", "monitor", "measurements", "sites", "first day", "last day"}};
  for (const CardSource& source : training.sources) {
    sources.push_back({fmt::format("{}", source.parameter), Escaped(source.source),
                       Escaped(source.monitor), fmt::format("{}", source.measurements),
                       fmt::format("{}", source.sites), base::FormatDay(source.first_day),
                       base::FormatDay(source.last_day)});
  }
  if (sources.size() > 1) AppendTable(out, sources);
  std::vector<Cells> years = {{"year", "rows"}};
  for (const CardYear& year : training.years) {
    years.push_back({fmt::format("{}", year.year), fmt::format("{}", year.rows)});
  }
  if (years.size() > 1) AppendTable(out, years);
}

void AppendMaking(std::string& out, const ModelCard& card) {
  out += fmt::format("## Made of\n\nBaseline: `{0}` + rho (newest value - `{0}`), rho {1}.\n\n",
                     card.damped_towards, Number(card.rho));
  std::vector<Cells> members = {{"member", "target", "trees"}};
  for (const CardMember& member : card.members) {
    members.push_back(
        {Escaped(member.kind), Escaped(member.target), fmt::format("{}", member.trees)});
  }
  if (members.size() > 1) {
    AppendTable(out, members);
    out +=
        fmt::format("Share of the members' correction that is taken: {}.\n\n", Share(card.trust));
  }
  std::vector<Cells> blocks = {{"block", "rows", "first issue day", "last valid day"}};
  for (const CardBlock& block : card.blocks) {
    blocks.push_back({Escaped(block.name), fmt::format("{}", block.rows),
                      base::FormatDay(block.first_issue_day),
                      base::FormatDay(block.last_valid_day)});
  }
  if (blocks.size() > 1) AppendTable(out, blocks);
  std::vector<Cells> settings = {{"setting", "value"}};
  for (const CardSetting& setting : card.settings) {
    settings.push_back({Escaped(setting.name), fmt::format("{}", setting.value)});
  }
  if (settings.size() > 1) AppendTable(out, settings);

  out += fmt::format("## Features\n\n{}, schema {}:\n\n", Count(card.features.size(), "feature"),
                     Escaped(card.schema_fingerprint));
  for (const CardFeature& feature : card.features) {
    out += fmt::format("- {}{}\n", Escaped(feature.name),
                       feature.unit.empty() ? "" : " (" + Escaped(feature.unit) + ")");
  }
  out += '\n';
}

void AppendSites(std::string& out, const ModelCard& card) {
  if (card.sites.empty()) return;
  out += "## By site\n\n";
  std::vector<Cells> rows = {
      {"site", "name", "rows", "RMSE", "best baseline", "its RMSE", "skill", "within p10 .. p90"}};
  for (const CardSite& site : card.sites) {
    rows.push_back({Escaped(site.site_id), Escaped(site.name), fmt::format("{}", site.rows),
                    Number(site.rmse), Escaped(site.best_baseline), Number(site.best_baseline_rmse),
                    Number(site.skill), Share(site.coverage)});
  }
  AppendTable(out, rows);
}

}  // namespace

std::string RenderCard(const ModelCard& card, std::string_view model_id) {
  std::string out =
      fmt::format("# {}\n\n{}, {} ahead, in {}. {}\n\n## Limits\n\n", Escaped(model_id),
                  card.pollutant, Count(static_cast<std::uint64_t>(card.horizon_days), "day"),
                  card.unit, Escaped(card.summary));
  for (const std::string& limit : card.limits) out += fmt::format("- {}\n", Escaped(limit));
  out +=
      "\n## Scores\n\nOn rows that came after everything that was fitted, with 95 % intervals by a "
      "bootstrap of whole weeks. The baselines know each issue day to its end, whatever is known "
      "to "
      "the forecaster.\n\n";
  for (const CardScores& scores : card.scores) AppendScores(out, scores, card.unit);
  AppendTraining(out, card.training);
  AppendMaking(out, card);
  AppendSites(out, card);
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace geoclimate::model
