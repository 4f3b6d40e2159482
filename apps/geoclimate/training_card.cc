#include "apps/geoclimate/training_card.h"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/geoclimate/training_run.h"
#include "geoclimate/airquality/breakpoints.h"
#include "geoclimate/base/check.h"
#include "geoclimate/forecast/card_scores.h"
#include "geoclimate/inference/loaded_model.h"

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

std::string_view KindOf(const model::Member& member) {
  if (member.linear.terms.empty()) return "boosted trees";
  return member.trees.trees.empty() ? "ridge" : "ridge and boosted trees";
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

std::vector<model::CardSetting> SettingsOf(const training::TrainingOptions& options,
                                           airquality::Pollutant pollutant) {
  const training::BoostOptions boost = options.BoostOf(pollutant);
  const training::LinearOptions& linear =
      options.linear[static_cast<std::size_t>(airquality::Index(pollutant))];
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
          {"linear_l2", linear.l2},
          {"linear_bound", linear.bound},
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

// What a judged forecaster says of the evaluate block.
base::Result<forecast::CardForecasts> ForecastEvaluateBlock(const FitRecord& record,
                                                            const model::Forecaster& judged,
                                                            std::string_view method) {
  const forecast::PastRows& past = record.past;
  const airquality::BreakpointTable& table = airquality::NewestTable(past.pollutant);
  GC_ASSIGN_OR_RETURN(const std::shared_ptr<const inference::LoadedModel> model,
                      inference::LoadedModel::FromForecaster({}, judged));
  forecast::CardForecasts forecasts = {.method = std::string(method),
                                       .known = "archive",
                                       .pollutant = past.pollutant,
                                       .horizon_days = past.horizon_days};
  model::Distribution said;
  for (std::size_t row = past.keys.size() - record.trained.report.evaluate.rows;
       row < past.keys.size(); ++row) {
    // A fallback reads the first columns.
    const std::span<const float> features = record.features.Row(row).first(model->schema().size());
    GC_RETURN_IF_ERROR(model->PredictDistributions(features, 1, {&said, 1}));
    forecasts.rows.push_back(forecast::MakeCardRow(table, past.keys[row], said));
  }
  return forecasts;
}

// What a card says of a forecaster that was published.
ModelCard Describe(const FitRecord& record, const model::Forecaster& forecaster) {
  const airquality::PollutantTraits& traits = airquality::Traits(forecaster.pollutant);
  ModelCard card;
  card.model_name = ModelName({forecaster.pollutant, forecaster.horizon_days});
  card.pollutant = traits.name;
  card.unit = traits.unit_name;
  card.horizon_days = forecaster.horizon_days;
  card.summary = forecaster.members.empty()
                     ? "A damped baseline with the spread of its own errors: what forecasts, "
                       "labelled as a fallback, where no model is in production."
                     : "A damped baseline, the mean of the members that correct it, and a "
                       "calibrated distribution around that.";
  card.training = TrainingOf(record);
  for (const features::Feature& feature : forecaster.schema.features()) {
    card.features.push_back({feature.name, feature.unit});
  }
  card.schema_fingerprint = forecaster.schema.fingerprint();
  card.damped_towards = forecaster.baseline.reference_feature;
  card.rho = forecaster.baseline.rho;
  for (const model::Member& member : forecaster.members) {
    card.members.push_back({.kind = std::string(KindOf(member)),
                            .target = std::string(TargetName(member.target)),
                            .trees = static_cast<std::uint32_t>(member.trees.trees.size())});
  }
  if (!forecaster.members.empty()) card.trust = forecaster.trust;
  const training::FitReport& report = record.trained.report;
  card.blocks = {BlockOf("fit", report.fit), BlockOf("calibrate", report.calibrate),
                 BlockOf("evaluate", report.evaluate)};
  card.settings = SettingsOf(record.options, forecaster.pollutant);
  return card;
}

base::Result<ModelCard> BuildCard(const FitRecord& record, const model::Forecaster& published,
                                  const model::Forecaster& judged, std::string_view method) {
  ModelCard card = Describe(record, published);
  GC_ASSIGN_OR_RETURN(const forecast::CardForecasts forecasts,
                      ForecastEvaluateBlock(record, judged, method));
  std::optional<forecast::CardEvaluation> evaluation =
      forecast::EvaluateForCard(record.history, record.baselines, forecasts);
  GC_CHECK(evaluation.has_value(), "a fit without rows to be judged by is refused");
  card.scores.push_back(std::move(evaluation->scores));
  card.sites = std::move(evaluation->sites);
  return card;
}

}  // namespace

base::Result<TrainingCards> BuildTrainingCards(const FitRecord& record) {
  const training::TrainedForecaster& trained = record.trained;
  GC_CHECK(trained.judged.has_value(), "cards are of what was judged");
  TrainingCards cards;
  GC_ASSIGN_OR_RETURN(cards.model,
                      BuildCard(record, trained.model, trained.judged->model, "model"));
  GC_ASSIGN_OR_RETURN(cards.fallback,
                      BuildCard(record, trained.fallback, trained.judged->fallback, "fallback"));
  return cards;
}

}  // namespace geoclimate::app
