#pragma once

#include <span>

#include "apps/geoclimate/training_run.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/weather_history.h"
#include "geoclimate/forecast/source_census.h"
#include "geoclimate/forecast/vintage_history.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::app {

// What a database holds up to a day, when it came to be known, and what kinds of measurements it is
// made of.
struct Measurements {
  forecast::VintageHistory vintages;
  forecast::SourceCensus sources;
};
// The store's errors.
base::Result<Measurements> LoadMeasurements(store::ObservationStore& store, base::LocalDay as_of);

// Gives the cards of jobs of sites that were trained on measurements.vintages.truth() what the fits
// could not know: sources, operational scores (operational_scores.h) and then limits. Shows
// progress on stderr. `weather` may be null. Errors are AddOperationalScores()'s.
base::Result<void> CompleteCards(const Measurements& measurements,
                                 const features::WeatherHistory* weather, int threads,
                                 std::span<TrainedJob> jobs);

}  // namespace geoclimate::app
