#include "apps/geoclimate/model_publishing.h"

#include <fmt/format.h>

#include <utility>

#include "geoclimate/base/check.h"

namespace geoclimate::app {
namespace {

const registry::Request kRequest = {.actor = "geoclimate train", .reason = "trained"};

// What one of the two forecasters scored.
struct Scored {
  const model::Forecaster& forecaster;
  const training::MethodScore& score;
  double skill;
  double coverage;
  const model::ModelCard& card;
};

registry::NewModel Describe(const TrainedJob& job, const Scored& scored) {
  const training::FitReport& report = job.trained->report;
  registry::NewModel description;
  description.model_name = ModelName(job.job);
  description.model_type = "forecaster";
  description.task_type = "forecasting";
  description.metrics = {
      {std::string(model::kMseSkillMetric), scored.skill},
      {"rmse", scored.score.rmse},
      {"mae", scored.score.mae},
      {"bias", scored.score.bias},
      {"coverage_80", scored.coverage},
      {"members", static_cast<double>(scored.forecaster.members.size())},
      {"rows", static_cast<double>(job.rows)},
      {"evaluate_rows", static_cast<double>(report.scored_rows)},
  };
  for (const training::MethodScore& baseline : report.baselines) {
    description.metrics["rmse_" + baseline.name] = baseline.rmse;
  }
  description.baseline = report.baselines[report.best_baseline].name;
  description.features = scored.forecaster.schema.features();
  description.schema_fingerprint = scored.forecaster.schema.fingerprint();
  description.training_window = job.window;
  description.source = job.job.basis == airquality::Basis::kSite
                           ? "geoclimate train"
                           : "geoclimate train, of places from their neighbours";
  // What a card says of sites does not hold of places.
  if (job.job.basis == airquality::Basis::kSite) description.card = scored.card;
  return description;
}

base::Result<std::string> Publish(registry::Registry& registry, const TrainedJob& job,
                                  const Scored& scored) {
  GC_ASSIGN_OR_RETURN(const model::ModelDescription published,
                      registry.Publish(Describe(job, scored),
                                       model::EncodeForecaster(scored.forecaster), kRequest));
  return published.model_id;
}

}  // namespace

base::Result<PublishedJob> PublishTrained(registry::Registry& registry, const TrainedJob& job,
                                          PromoteTrained promote) {
  GC_CHECK(job.trained.ok(), "only what was trained can be published");
  const training::TrainedForecaster& trained = *job.trained;
  const training::FitReport& report = trained.report;
  PublishedJob published;
  GC_ASSIGN_OR_RETURN(published.fallback_id,
                      Publish(registry, job,
                              {trained.fallback, report.fallback, report.fallback_skill,
                               report.fallback_coverage, job.cards.fallback}));
  const auto alias = registry.SetAlias(ModelName(job.job), kFallbackAlias, published.fallback_id,
                                       std::nullopt, kRequest);
  if (!alias.ok()) return alias.error();
  if (!report.beats_baselines()) return published;

  GC_ASSIGN_OR_RETURN(published.model_id, Publish(registry, job,
                                                  {trained.model, report.model, report.skill,
                                                   report.coverage, job.cards.model}));
  if (promote == PromoteTrained::kNo) return published;
  const auto change = registry.Promote(
      published.model_id, {.stage = model::Stage::kProduction, .expected = std::nullopt}, kRequest);
  if (change.ok()) {
    published.promoted = change->model_id;
  } else if (change.error().code() == base::ErrorCode::kFailedPrecondition) {
    published.refusal = change.error().message();
  } else {
    return change.error();
  }
  return published;
}

}  // namespace geoclimate::app
