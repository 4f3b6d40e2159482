#pragma once

#include "geoclimate/base/result.h"
#include "geoclimate/features/feature_matrix.h"
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
  const forecast::PastRows& past;           // the rows that were fitted on
  const features::FeatureMatrix& features;  // one a row
  const forecast::Baselines& baselines;
  const training::TrainingOptions& options;
  const training::TrainedForecaster& trained;  // with the judged ones
};

// The cards of the two forecasters of a fit.
struct TrainingCards {
  model::ModelCard model;
  model::ModelCard fallback;
};

// All that the fit itself knows, with the archive scores of the evaluate block: without the sources
// of the values, operational scores and limits (CompleteCards()).
//
// kInternal when a judged forecaster cannot be evaluated.
base::Result<TrainingCards> BuildTrainingCards(const FitRecord& record);

}  // namespace geoclimate::app
