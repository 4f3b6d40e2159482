#pragma once

#include <optional>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/forecast/vintage_history.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::forecast {

struct HistoryOptions {
  // The last day that is loaded: what is known at its end.
  base::LocalDay as_of = {};
  // The first day that is loaded; all when empty. Feature rows and baselines reach back to a site's
  // first value: for them, leave it empty.
  std::optional<base::LocalDay> from = {};
  // All when empty.
  std::vector<airquality::Pollutant> pollutants = {};
};

// The stored daily observations as one value a site, pollutant and day (airquality::DailyValue),
// with every site of the store, also those without values. A day is the site's local standard day.
// A site that was added while this ran may be absent. About a microsecond an observation, most of
// it the store's.
//
// The store's errors.
base::Result<features::SiteHistory> LoadSiteHistory(store::ObservationStore& store,
                                                    const HistoryOptions& options);

// The same with the days on which values became known, by each version's available_at. The last
// version of a value is that of LoadSiteHistory().
//
// The store's errors.
base::Result<VintageHistory> LoadVintageHistory(store::ObservationStore& store,
                                                const HistoryOptions& options);

}  // namespace geoclimate::forecast
