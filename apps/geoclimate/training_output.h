#pragma once

#include <string>
#include <vector>

#include "apps/geoclimate/model_publishing.h"
#include "apps/geoclimate/training_run.h"

namespace geoclimate::app {

// A job and what the registry made of it; `published` is an error where `trained` is one.
struct TrainingResult {
  TrainedJob job;
  base::Result<PublishedJob> published = base::Internal("not published");
};

// For people: RMSE of the six baselines (the best one marked) and of the model on the evaluate
// block, its skill against the best, the share of days inside its 80 % interval, its operational
// skill, and what forecasts from now on.
std::string RenderTrainingTable(const std::vector<TrainingResult>& results);

// One object: {"results":[{pollutant, horizon, unit, rows, evaluate{from,to,rows}, rmse{...},
// best_baseline, skill, coverage_80, operational_skill, model_id, fallback_id, promoted, refusal} |
// {pollutant, horizon, error}]}.
std::string RenderTrainingJson(const std::vector<TrainingResult>& results);

}  // namespace geoclimate::app
