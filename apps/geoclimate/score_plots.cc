#include "apps/geoclimate/score_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/geoclimate/progress.h"
#include "apps/geoclimate/score_output.h"
#include "apps/geoclimate/svg_plot.h"
#include "geoclimate/forecast/calendar.h"

namespace geoclimate::app {
namespace {

using forecast::IntervalScored;
using forecast::Score;
using forecast::ScoredGroup;

// The range of what is drawn, kept finite and a little wider.
class Range {
 public:
  Range(double low, double high) : low_(low), high_(high) {}
  void Add(double value) {
    if (!std::isfinite(value)) return;
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
  }
  double low() const { return low_ - 0.06 * (high_ - low_); }
  double high() const { return high_ + 0.06 * (high_ - low_); }

 private:
  double low_;
  double high_;
};

std::string LeadTime(const ScoredGroup& group) {
  return fmt::format("D+{}", group.horizon_days);
}

// Places `count` series side by side around a whole number.
double Beside(std::size_t at, std::size_t series, std::size_t count) {
  const double step = 0.6 / static_cast<double>(std::max<std::size_t>(count, 1));
  return static_cast<double>(at) +
         step * (static_cast<double>(series) - (static_cast<double>(count) - 1) / 2);
}

template <typename Figure>
void AddFigure(const IntervalScored& scored, Figure figure, Range& range) {
  for (const Score& score : {scored.score, scored.low, scored.high}) range.Add(figure(score));
}

// A point with its interval above the whole number of a name on the x axis.
template <typename Figure>
void DrawFigure(const IntervalScored& scored, Figure figure, std::size_t series, double x,
                double radius, std::string_view name, SvgPlot& plot) {
  plot.ErrorBarY(series, x, figure(scored.low), figure(scored.high));
  plot.Point(
      series, x, figure(scored.score), radius,
      fmt::format("{}: {}", name,
                  IntervalCell(figure(scored.score), figure(scored.low), figure(scored.high), 3)));
}

}  // namespace

std::string PlotSkill(GroupsOfPollutant groups) {
  const auto skill = [](const Score& score) { return score.skill; };
  const auto crps_skill = [](const Score& score) { return score.crps_skill; };
  SvgPlotOptions options;
  options.title = "Skill against the best baseline";
  options.x_label = "lead time; large: MSE, small: CRPS";
  Range range(0, 0.05);
  for (const ScoredGroup& group : groups) {
    AddFigure(group.scored, skill, range);
    AddFigure(group.scored, crps_skill, range);
    options.x_names.push_back(LeadTime(group));
  }
  options.x_low = -0.5;
  options.x_high = static_cast<double>(groups.size()) - 0.5;
  options.y_low = std::max(range.low(), -1.0);
  options.y_high = range.high();
  SvgPlot plot(options);
  plot.Mark(options.x_low, 0, options.x_high, 0);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto x = static_cast<double>(i);
    DrawFigure(groups[i].scored, skill, i, x - 0.1, 4.5, LeadTime(groups[i]) + " MSE skill", plot);
    DrawFigure(groups[i].scored, crps_skill, i, x + 0.1, 2.5, LeadTime(groups[i]) + " CRPS skill",
               plot);
  }
  return std::move(plot).Finish();
}

std::string PlotRmse(GroupsOfPollutant groups) {
  constexpr std::size_t kMethods = forecast::kBaselineCount + 1;
  const auto rmse = [](const Score& score, std::size_t method) {
    return method == 0 ? score.forecast.rmse : score.baselines[method - 1].rmse;
  };
  SvgPlotOptions options;
  options.title = "RMSE by method";
  options.x_label = std::string(airquality::Traits(groups.front().pollutant).unit_name);
  options.left = 112;
  // From the bottom upwards: the forecast on top.
  for (std::size_t method = kMethods; method-- > 0;) {
    options.y_names.emplace_back(
        method == 0 ? "forecast" : forecast::BaselineName(forecast::kBaselines[method - 1]));
  }
  options.y_low = -0.6;
  options.y_high = static_cast<double>(kMethods) - 0.4;
  Range range(groups.front().score().baselines[0].rmse, groups.front().score().baselines[0].rmse);
  for (const ScoredGroup& group : groups) {
    for (std::size_t method = 0; method < kMethods; ++method) {
      AddFigure(group.scored, [&](const Score& score) { return rmse(score, method); }, range);
    }
  }
  options.x_low = std::max(range.low(), 0.0);
  options.x_high = std::max(range.high(), options.x_low + 1e-9);
  SvgPlot plot(options);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (std::size_t method = 0; method < kMethods; ++method) {
      const IntervalScored& scored = groups[i].scored;
      const double y = Beside(kMethods - 1 - method, groups.size() - 1 - i, groups.size());
      plot.ErrorBarX(i, y, rmse(scored.low, method), rmse(scored.high, method));
      plot.Point(
          i, rmse(scored.score, method), y, 3,
          fmt::format("{}: {}", LeadTime(groups[i]),
                      FigureCell(rmse(scored.score, method), DecimalsOf(groups[i].pollutant))));
    }
  }
  return std::move(plot).Finish();
}

std::string PlotReliability(GroupsOfPollutant groups) {
  double most = 0;
  double events = 0;
  for (const ScoredGroup& group : groups) {
    if (!std::isnan(group.score().brier)) events += group.score().events;
    for (const forecast::ReliabilityBin& bin : group.score().reliability) {
      most = std::max(most, bin.rows);
    }
  }
  if (events == 0) return "";
  SvgPlotOptions options;
  options.title = "P(AQI > 100): said and come";
  options.x_label = "probability that was said";
  options.y_label = "share of days that came";
  SvgPlot plot(options);
  plot.Mark(0, 0, 1, 1);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const IntervalScored& scored = groups[i].scored;
    const forecast::ReliabilityBin* before = nullptr;
    for (std::size_t b = 0; b < forecast::kReliabilityBins; ++b) {
      const forecast::ReliabilityBin& bin = scored.score.reliability[b];
      if (bin.rows == 0) continue;
      if (before != nullptr) {
        plot.Line(i, before->probability, before->observed, bin.probability, bin.observed);
      }
      before = &bin;
      plot.ErrorBarY(i, bin.probability, scored.low.reliability[b].observed,
                     scored.high.reliability[b].observed);
      plot.Point(
          i, bin.probability, bin.observed, 2 + 4 * std::log1p(bin.rows) / std::log1p(most),
          fmt::format("{}: said {:.3f}, came {:.3f}, {} rows", LeadTime(groups[i]), bin.probability,
                      bin.observed, WithThousands(static_cast<std::uint64_t>(bin.rows))));
    }
  }
  return std::move(plot).Finish();
}

std::string PlotPit(GroupsOfPollutant groups) {
  const auto density = [](const Score& score, std::size_t bin) {
    return score.pit[bin] / forecast::kPitExpected[bin];
  };
  Range range(0, 1.2);
  bool any = false;
  for (const ScoredGroup& group : groups) {
    for (std::size_t bin = 0; bin < forecast::kPitBins; ++bin) {
      AddFigure(group.scored, [&](const Score& score) { return density(score, bin); }, range);
      any = any || !std::isnan(group.score().pit[bin]);
    }
  }
  if (!any) return "";
  SvgPlotOptions options;
  options.title = "PIT: where observations fell";
  options.x_label = "below p10 | p10 to p50 | p50 to p90 | above p90";
  options.y_label = "density";
  options.y_high = range.high();
  SvgPlot plot(options);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    double edge = 0;
    for (std::size_t bin = 0; bin < forecast::kPitBins; ++bin) {
      const IntervalScored& scored = groups[i].scored;
      const double width = forecast::kPitExpected[bin] / static_cast<double>(groups.size());
      const double x = edge + width * static_cast<double>(i);
      plot.Bar(i, x, x + width, density(scored.score, bin), 0.55,
               fmt::format("{}: {:.3f} of the days, {} is right", LeadTime(groups[i]),
                           scored.score.pit[bin], forecast::kPitExpected[bin]));
      plot.ErrorBarY(i, x + width / 2, density(scored.low, bin), density(scored.high, bin));
      edge += forecast::kPitExpected[bin];
    }
  }
  plot.Mark(0, 1, 1, 1);
  return std::move(plot).Finish();
}

std::string PlotCoverage(GroupsOfPollutant groups) {
  const auto coverage = [](const Score& score) { return score.coverage; };
  SvgPlotOptions options;
  options.title = "Coverage of the 80 % interval";
  options.x_label = "season of the valid day";
  options.x_names = {"all"};
  for (const std::string_view season : forecast::kSeasonNames) options.x_names.emplace_back(season);
  options.x_low = -0.5;
  options.x_high = static_cast<double>(options.x_names.size()) - 0.5;
  Range range(0.75, 0.85);
  bool any = false;
  const auto each = [&](const ScoredGroup& group, auto visit) {
    visit(group.scored, std::size_t{0});
    for (const forecast::ScoredSubset& subset : group.subsets) {
      for (std::size_t at = 1; at < options.x_names.size(); ++at) {
        if (subset.by == "season" && subset.name == options.x_names[at]) visit(subset.scored, at);
      }
    }
  };
  for (const ScoredGroup& group : groups) {
    each(group, [&](const IntervalScored& scored, std::size_t) {
      AddFigure(scored, coverage, range);
      any = any || !std::isnan(scored.score.coverage);
    });
  }
  if (!any) return "";
  options.y_low = std::max(range.low(), 0.0);
  options.y_high = std::min(range.high(), 1.0);
  SvgPlot plot(options);
  plot.Mark(options.x_low, 0.8, options.x_high, 0.8);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    each(groups[i], [&](const IntervalScored& scored, std::size_t at) {
      DrawFigure(scored, coverage, i, Beside(at, i, groups.size()), 3.5,
                 fmt::format("{} {}", LeadTime(groups[i]), options.x_names[at]), plot);
    });
  }
  return std::move(plot).Finish();
}

}  // namespace geoclimate::app
