#include "apps/geoclimate/card_limits.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace geoclimate::app {
namespace {

using model::CardScores;
using model::ModelCard;

// Fewer days over AQI 100 say little about warnings of them.
constexpr std::uint64_t kFewEvents = 30;
// Fewer rows of a site say little about the site.
constexpr std::uint64_t kFewSiteRows = 50;
constexpr double kNominalCoverage = 0.8;

double ShareOf(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

void AddInputs(const ModelCard& card, std::vector<std::string>& limits) {
  const bool weather = std::ranges::any_of(card.features, [](const model::CardFeature& feature) {
    return feature.name.starts_with("weather_");
  });
  if (!weather) {
    limits.emplace_back(
        "No weather and no smoke forecast is among its features: it sees a front or a plume once "
        "monitors have measured it, so that on the first day of an episode it is late, as "
        "persistence is.");
  }
}

void AddData(const ModelCard& card, std::vector<std::string>& limits) {
  const model::CardTraining& training = card.training;
  limits.push_back(fmt::format(
      "It learnt {} from {} site{}{}: of other places it knows nothing, and its figures say "
      "nothing.",
      card.pollutant, training.sites, training.sites == 1 ? "" : "s",
      training.states.empty() ? "" : fmt::format(" in {}", fmt::join(training.states, ", "))));
  std::vector<model::CardYear> years = training.years;
  std::ranges::sort(years, [](const model::CardYear& a, const model::CardYear& b) {
    return a.rows != b.rows ? a.rows > b.rows : a.year < b.year;
  });
  std::string much;
  if (years.size() > 2) {
    const double share = ShareOf(years[0].rows + years[1].rows, training.rows);
    if (share > 50) {
      much = fmt::format(" {:.0f} % of its rows are of {} and {}.", share,
                         std::min(years[0].year, years[1].year),
                         std::max(years[0].year, years[1].year));
    }
  }
  limits.push_back(fmt::format(
      "Its newest value is of {}: it does not know what has changed since, and should be trained "
      "again on newer data.{}",
      base::FormatDay(training.last_day), much));
}

void AddKnowledge(const ModelCard& card, std::vector<std::string>& limits) {
  std::uint64_t filters = 0;
  std::uint64_t all = 0;
  for (const model::CardSource& source : card.training.sources) {
    all += source.measurements;
    if (source.monitor == "filter") filters += source.measurements;
  }
  if (filters > 0) {
    limits.push_back(fmt::format(
        "{:.0f} % of the measurements are of filters, which are weighed weeks later: the archive "
        "figures give it their values on the evening of their day, as if they had been known.",
        ShareOf(filters, all)));
  }
  const CardScores* const operational = model::FindScores(card, "operational");
  if (operational == nullptr) {
    limits.emplace_back(
        "How good it is with what is available at 15:00 of its issue day is not known: by then no "
        "site had a recent value to forecast from.");
    return;
  }
  limits.push_back(
      fmt::format("With what was available at 15:00 of the issue day its RMSE is {:.3g} {} and its "
                  "skill {:.3f} "
                  "against {}, which knows that day to its end; {:.1f} % of the observations fell "
                  "into its 80 % "
                  "interval.",
                  operational->forecast.rmse.value, card.unit, operational->skill.value,
                  operational->best_baseline, 100 * operational->coverage.value));
}

void AddScores(const ModelCard& card, const CardScores& scores, std::vector<std::string>& limits) {
  if (!(scores.skill.low > 0)) {
    limits.push_back(
        std::isnan(scores.skill.low)
            ? fmt::format("Its skill of {:.3f} rests on {} weeks, too few for an interval.",
                          scores.skill.value, scores.weeks)
            : fmt::format("It is not certain to be better than {}: its skill of {:.3f} has a 95 % "
                          "interval of {:.3f} to {:.3f}.",
                          scores.best_baseline, scores.skill.value, scores.skill.low,
                          scores.skill.high));
  }
  if (scores.coverage.low > kNominalCoverage || scores.coverage.high < kNominalCoverage) {
    limits.push_back(fmt::format(
        "Its 80 % interval is too {}: {:.1f} % of the observations fell into it.",
        scores.coverage.value < kNominalCoverage ? "narrow" : "wide", 100 * scores.coverage.value));
  }
  if (scores.events < kFewEvents) {
    limits.push_back(fmt::format(
        "{} of {} judged rows were over AQI 100: how well it warns of such days is not known.",
        scores.events == 0 ? "None" : fmt::format("Only {}", scores.events), scores.rows));
  }
  const auto enough = [](const model::CardSite& site) { return site.rows >= kFewSiteRows; };
  const auto judged = std::ranges::count_if(card.sites, enough);
  const auto worse = std::ranges::count_if(
      card.sites, [&](const model::CardSite& site) { return enough(site) && !(site.skill > 0); });
  if (worse > 0) {
    limits.push_back(
        fmt::format("At {} of {} sites with {} judged rows or more a simple method was better.",
                    worse, judged, kFewSiteRows));
  }
}

void AddRefit(const ModelCard& card, std::vector<std::string>& limits) {
  const auto fit = std::ranges::find(card.blocks, "fit", &model::CardBlock::name);
  if (fit == card.blocks.end() || fit->rows >= card.training.rows) return;
  limits.push_back(fmt::format(
      "The figures are of the forecaster that was fitted on the {} rows up to {}; what is "
      "published "
      "was fitted again in the same way on all {} rows, and is judged by what it goes on to "
      "forecast.",
      fit->rows, base::FormatDay(fit->last_valid_day), card.training.rows));
}

}  // namespace

std::vector<std::string> LimitsOf(const ModelCard& card) {
  std::vector<std::string> limits;
  AddInputs(card, limits);
  AddData(card, limits);
  AddKnowledge(card, limits);
  if (!card.scores.empty()) AddScores(card, card.scores.front(), limits);
  AddRefit(card, limits);
  return limits;
}

}  // namespace geoclimate::app
