#pragma once

#include <optional>
#include <vector>

#include "geoclimate/airquality/aqi.h"
#include "geoclimate/airquality/concentration.h"
#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/service/site_directory.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::service {

// The newest daily value of one pollutant at a site: the highest over the site's monitors, as EPA
// shows it to people.
struct CurrentValue {
  airquality::Concentration value;
  airquality::AqiValue aqi;  // by the newest table; names the pollutant
  base::LocalDay day;
  airquality::Source source = airquality::Source::kFinal;
  base::Timestamp received_at;
};

struct CurrentValues {
  std::vector<CurrentValue> values;  // ordered by pollutant
  // The largest AQI among the values of the newest day, which is `day`: an old value of another
  // pollutant does not look live. Nothing when there is no value.
  std::optional<airquality::AqiValue> overall;
  std::optional<base::LocalDay> day;
};

// The last observed values of a site up to the end of `as_of`. Reads the store: not for an I/O
// thread. The store's errors.
base::Result<CurrentValues> FindCurrentValues(store::ObservationStore& store,
                                              const ListedSite& site, base::LocalDay as_of);

}  // namespace geoclimate::service
