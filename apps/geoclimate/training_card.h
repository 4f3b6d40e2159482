#pragma once

#include "geoclimate/features/site_history.h"
#include "geoclimate/forecast/baselines.h"
#include "geoclimate/forecast/past_rows.h"
#include "geoclimate/model/model_card.h"
#include "geoclimate/training/fit.h"
#include "geoclimate/training/training_options.h"

namespace geoclimate::app {

// What one fit was given and gave.
struct FitRecord {
  const features::SiteHistory& history;
  const forecast::PastRows& past;  // the rows that were fitted on
  const forecast::BaselineColumns& baselines;
  const training::TrainingOptions& options;
  const training::TrainedForecaster& trained;
};

// The cards of the two forecasters of a fit.
struct TrainingCards {
  model::ModelCard model;
  model::ModelCard fallback;
};

// All that a fit itself knows: without the sources of the values, operational scores and limits.
TrainingCards BuildTrainingCards(const FitRecord& record);

}  // namespace geoclimate::app
