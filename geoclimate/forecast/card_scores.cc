#include "geoclimate/forecast/card_scores.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <span>
#include <string_view>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/forecast/distribution.h"
#include "geoclimate/forecast/judge.h"
#include "geoclimate/forecast/scoring.h"

namespace geoclimate::forecast {
namespace {

airquality::IssuedForecast AsIssued(const features::SiteHistory& truth,
                                    const CardForecasts& forecasts, const CardRow& row) {
  airquality::IssuedForecast issued;
  issued.site = truth.sites()[row.site].id;
  issued.pollutant = forecasts.pollutant;
  issued.issue_day = row.issue_day;
  issued.horizon_days = forecasts.horizon_days;
  issued.mean = row.mean;
  issued.p10 = row.p10;
  issued.p50 = row.p50;
  issued.p90 = row.p90;
  issued.probability_over_100 = row.probability_over_100;
  return issued;
}

// Without the baselines' distributions, of which a card says nothing.
std::vector<JudgedForecast> JudgeRows(const features::SiteHistory& truth,
                                      const Baselines& baselines, const CardForecasts& forecasts) {
  std::vector<features::RowKey> keys;
  keys.reserve(forecasts.rows.size());
  for (const CardRow& row : forecasts.rows) keys.push_back({row.site, row.issue_day});
  const BaselineColumns columns = baselines.Columns(keys, forecasts.horizon_days);
  std::vector<JudgedForecast> judged;
  judged.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    JudgedForecast one;
    one.forecast = AsIssued(truth, forecasts, forecasts.rows[i]);
    one.index = static_cast<std::uint32_t>(i);
    one.observed = truth.Get(forecasts.pollutant, keys[i].site).At(one.forecast.valid_day());
    for (std::size_t b = 0; b < kBaselineCount; ++b) one.baselines[b] = columns[b][i];
    const bool known = std::isfinite(one.observed) &&
                       std::ranges::all_of(one.baselines, [](float x) { return std::isfinite(x); });
    if (known) judged.push_back(std::move(one));
  }
  return judged;
}

// Picks one figure of a score and of the ends of its interval. `figure` says where it is.
template <typename Figure>
model::CardFigure Pick(const IntervalScored& scored, Figure figure) {
  return {.value = std::invoke(figure, scored.score),
          .low = std::invoke(figure, scored.low),
          .high = std::invoke(figure, scored.high)};
}

// `method` says where in a Score the method is.
template <typename Method>
model::CardMethod MethodOf(std::string_view name, const IntervalScored& scored, Method method) {
  const MethodScore& score = method(scored.score);
  return {.name = std::string(name),
          .rmse = Pick(scored, [&](const Score& of) { return method(of).rmse; }),
          .mae = score.mae,
          .bias = score.bias};
}

model::CardScores ScoresOf(const CardForecasts& forecasts, std::span<const JudgedForecast> judged,
                           const BootstrapOptions& options) {
  const std::vector<ScoredGroup> groups = ScoreForecasts(judged, {.bootstrap = options});
  GC_CHECK(groups.size() == 1, "the rows are of one pollutant and lead time");
  const ScoredGroup& group = groups.front();
  const IntervalScored& scored = group.scored;
  const auto [first, last] = std::ranges::minmax(
      judged, {}, [](const JudgedForecast& one) { return one.forecast.issue_day; });
  model::CardScores scores;
  scores.known = forecasts.known;
  scores.first_issue_day = first.forecast.issue_day;
  scores.last_valid_day = last.forecast.valid_day();
  scores.rows = judged.size();
  scores.weeks = scored.weeks;
  scores.events = static_cast<std::uint64_t>(scored.score.events);
  scores.forecast = MethodOf(forecasts.method, scored,
                             [](const Score& of) -> const MethodScore& { return of.forecast; });
  for (const Baseline baseline : kBaselines) {
    scores.baselines.push_back(
        MethodOf(BaselineName(baseline), scored, [&](const Score& of) -> const MethodScore& {
          return of.baselines[static_cast<std::size_t>(baseline)];
        }));
  }
  scores.best_baseline = BaselineName(group.best);
  scores.skill = Pick(scored, &Score::skill);
  scores.crps = Pick(scored, &Score::crps);
  scores.coverage = Pick(scored, &Score::coverage);
  scores.width = Pick(scored, &Score::width);
  scores.brier = Pick(scored, &Score::brier);
  for (const ReliabilityBin& bin : scored.score.reliability) {
    if (bin.rows == 0) continue;
    scores.reliability.push_back({.probability = bin.probability,
                                  .observed = bin.observed,
                                  .rows = static_cast<std::uint64_t>(bin.rows)});
  }
  return scores;
}

std::vector<model::CardSite> SitesOf(const features::SiteHistory& truth,
                                     const CardForecasts& forecasts,
                                     std::span<const JudgedForecast> judged) {
  std::map<std::uint32_t, ScoreSums> by_site;  // the sites are in the order of their ids
  for (const JudgedForecast& one : judged) {
    by_site[forecasts.rows[one.index].site].Add(one, ScoreRules());
  }
  std::vector<model::CardSite> sites;
  for (const auto& [index, sums] : by_site) {
    const Baseline best = BestBaseline(sums);
    const Score score = Summarize(sums, best);
    const airquality::Site& site = truth.sites()[index];
    sites.push_back({.site_id = site.id.ToString(),
                     .name = site.name,
                     .rows = static_cast<std::uint64_t>(score.rows),
                     .rmse = score.forecast.rmse,
                     .best_baseline = std::string(BaselineName(best)),
                     .best_baseline_rmse = score.baselines[static_cast<std::size_t>(best)].rmse,
                     .skill = score.skill,
                     .coverage = score.coverage});
  }
  return sites;
}

}  // namespace

CardRow MakeCardRow(const airquality::BreakpointTable& table, const features::RowKey& key,
                    const model::Distribution& said) {
  return {.site = static_cast<std::uint32_t>(key.site),
          .issue_day = key.issue_day,
          .mean = said.mean,
          .p10 = said.quantiles[model::kP10],
          .p50 = said.quantiles[model::kP50],
          .p90 = said.quantiles[model::kP90],
          .probability_over_100 = static_cast<float>(ProbabilityOver100(table, said))};
}

std::optional<CardEvaluation> EvaluateForCard(const features::SiteHistory& truth,
                                              const Baselines& baselines,
                                              const CardForecasts& forecasts,
                                              const BootstrapOptions& options) {
  const std::vector<JudgedForecast> judged = JudgeRows(truth, baselines, forecasts);
  if (judged.empty()) return std::nullopt;
  CardEvaluation evaluation = {.scores = ScoresOf(forecasts, judged, options),
                               .sites = SitesOf(truth, forecasts, judged)};
  evaluation.scores.sites = evaluation.sites.size();
  return evaluation;
}

}  // namespace geoclimate::forecast
