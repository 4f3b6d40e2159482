#include "apps/geoclimate/training_card.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/geoclimate/training_run.h"
#include "geoclimate/airquality/breakpoints.h"
#include "geoclimate/forecast/card_scores.h"
#include "geoclimate/forecast/distribution.h"
#include "geoclimate/forecast/judge.h"

namespace geoclimate::app {
namespace {

using model::ModelCard;

std::string_view TargetName(model::MemberTarget target) {
  switch (target) {
    case model::MemberTarget::kResidual:
      return "residual";
    case model::MemberTarget::kNormalizedResidual:
      return "normalized residual";
    case model::MemberTarget::kLogResidual:
      return "log residual";
  }
  return "";
}

model::CardTraining TrainingOf(const FitRecord& record) {
  const forecast::PastRows& past = record.past;
  std::map<std::int32_t, std::uint64_t> years;
  std::set<std::size_t> sites;
  for (const features::RowKey& key : past.keys) {
    ++years[static_cast<int>(std::chrono::year_month_day(key.issue_day).year())];
    sites.insert(key.site);
  }
  std::set<std::string> states;
  for (const std::size_t site : sites) {
    const std::string& state = record.history.sites()[site].state;
    if (!state.empty()) states.insert(state);
  }
  model::CardTraining training;
  training.first_day = past.keys.front().issue_day;
  training.last_day = past.keys.back().issue_day + std::chrono::days(past.horizon_days);
  training.rows = past.keys.size();
  training.sites = sites.size();
  training.states.assign(states.begin(), states.end());
  for (const auto& [year, rows] : years) training.years.push_back({year, rows});
  return training;
}

std::vector<model::CardSetting> SettingsOf(const training::TrainingOptions& options) {
  const training::BoostOptions& boost = options.boost;
  return {{"learning_rate", boost.learning_rate},
          {"max_leaves", static_cast<double>(boost.max_leaves)},
          {"min_rows_per_leaf", static_cast<double>(boost.min_rows_per_leaf)},
          {"row_share", boost.row_share},
          {"column_share", boost.column_share},
          {"l2", boost.l2},
          {"max_bins", static_cast<double>(boost.max_bins)},
          {"max_rounds", static_cast<double>(boost.max_rounds)},
          {"patience", static_cast<double>(boost.patience)},
          {"seed", static_cast<double>(boost.seed)},
          {"scale_offset_share", options.scale_offset_share},
          {"spread_max_rounds", static_cast<double>(options.spread.boost.max_rounds)},
          {"spread_min_rows", static_cast<double>(options.spread.min_rows)},
          {"calibrate_share", options.blocks.calibrate_share},
          {"evaluate_share", options.blocks.evaluate_share}};
}

model::CardBlock BlockOf(std::string name, const training::BlockReport& report) {
  return {.name = std::move(name),
          .rows = report.rows,
          .first_issue_day = report.first_issue_day,
          .last_valid_day = report.last_valid_day};
}

// The rows of the evaluate block for which every baseline has a forecast.
std::vector<forecast::JudgedForecast> JudgedRows(
    const FitRecord& record, std::span<const model::Distribution> distributions) {
  const forecast::PastRows& past = record.past;
  const airquality::BreakpointTable& table = airquality::NewestTable(past.pollutant);
  std::vector<forecast::JudgedForecast> judged;
  for (std::size_t i = 0; i < distributions.size(); ++i) {
    const std::size_t row = record.trained.judged.first + i;
    forecast::JudgedForecast one;
    bool complete = true;
    for (std::size_t b = 0; b < forecast::kBaselineCount; ++b) {
      one.baselines[b] = record.baselines[b][row];
      complete = complete && std::isfinite(one.baselines[b]);
    }
    if (!complete) continue;
    const model::Distribution& said = distributions[i];
    one.index = static_cast<std::uint32_t>(i);
    one.observed = past.targets[row];
    one.forecast.site = record.history.sites()[past.keys[row].site].id;
    one.forecast.pollutant = past.pollutant;
    one.forecast.issue_day = past.keys[row].issue_day;
    one.forecast.horizon_days = past.horizon_days;
    one.forecast.mean = said.mean;
    one.forecast.p10 = said.quantiles[model::kP10];
    one.forecast.p50 = said.quantiles[model::kP50];
    one.forecast.p90 = said.quantiles[model::kP90];
    one.forecast.probability_over_100 =
        static_cast<float>(forecast::ProbabilityOver100(table, said));
    judged.push_back(std::move(one));
  }
  return judged;
}

ModelCard BuildCard(const FitRecord& record, const model::Forecaster& forecaster,
                    std::string_view name, std::span<const model::Distribution> distributions) {
  const airquality::PollutantTraits& traits = airquality::Traits(forecaster.pollutant);
  ModelCard card;
  card.model_name = ModelName({forecaster.pollutant, forecaster.horizon_days});
  card.pollutant = traits.name;
  card.unit = traits.unit_name;
  card.horizon_days = forecaster.horizon_days;
  card.summary = forecaster.members.empty()
                     ? "A damped baseline with the spread of its own errors: what forecasts, "
                       "labelled as a fallback, where no model is in production."
                     : fmt::format(
                           "A damped baseline, the mean of {} members that correct it, and "
                           "a calibrated distribution around that.",
                           forecaster.members.size());
  card.training = TrainingOf(record);
  for (const features::Feature& feature : forecaster.schema.features()) {
    card.features.push_back({feature.name, feature.unit});
  }
  card.schema_fingerprint = forecaster.schema.fingerprint();
  card.damped_towards = forecaster.baseline.reference_feature;
  card.rho = forecaster.baseline.rho;
  for (const model::Member& member : forecaster.members) {
    card.members.push_back({.kind = "boosted trees",
                            .target = std::string(TargetName(member.target)),
                            .trees = static_cast<std::uint32_t>(member.trees.trees.size())});
  }
  const training::FitReport& report = record.trained.report;
  card.blocks = {BlockOf("fit", report.fit), BlockOf("calibrate", report.calibrate),
                 BlockOf("evaluate", report.evaluate)};
  card.settings = SettingsOf(record.options);
  forecast::CardEvaluation evaluation =
      forecast::EvaluateForCard(name, "archive", record.history, JudgedRows(record, distributions));
  card.scores = {std::move(evaluation.scores)};
  card.sites = std::move(evaluation.sites);
  return card;
}

}  // namespace

TrainingCards BuildTrainingCards(const FitRecord& record) {
  const training::TrainedForecaster& trained = record.trained;
  return {.model = BuildCard(record, trained.model, "model", trained.judged.of_model),
          .fallback = BuildCard(record, trained.fallback, "fallback", trained.judged.of_fallback)};
}

}  // namespace geoclimate::app
