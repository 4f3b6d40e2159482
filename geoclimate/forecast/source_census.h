#pragma once

#include <array>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/model/model_card.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::forecast {

// By pollutant, in the order of parameter, source and monitor.
using SourceCensus = std::array<std::vector<model::CardSource>, airquality::kPollutantCount>;

// What kinds of measurements the store holds of the days that training has rows of, from
// FirstTrainingDay() to `as_of`: every version that airquality::DailyValue() chooses from, one that
// was replaced among them. Takes as long as LoadSiteHistory().
//
// The store's errors.
base::Result<SourceCensus> CountSources(store::ObservationStore& store, base::LocalDay as_of);

}  // namespace geoclimate::forecast
