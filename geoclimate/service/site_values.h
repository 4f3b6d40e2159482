#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "geoclimate/airquality/aqi.h"
#include "geoclimate/airquality/concentration.h"
#include "geoclimate/airquality/method.h"
#include "geoclimate/airquality/nowcast.h"
#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/service/site_directory.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::service {

// What one pollutant is like at a site by its newest hours (live_values.h), else its newest daily
// value: the highest over the site's monitors, as EPA shows it to people.
struct CurrentValue {
  airquality::Concentration value;
  airquality::AqiValue aqi;  // by the newest table; names the pollutant
  base::LocalDay day;        // of the hour
  airquality::Source source = airquality::Source::kFinal;
  base::Timestamp received_at;
  airquality::Method method = airquality::Method::kObserved;
  // Of a live value: the begin of its newest hour, and how its NowCast was made.
  std::optional<base::Timestamp> hour = std::nullopt;
  std::optional<airquality::NowCastMethod> nowcast = std::nullopt;
};

struct CurrentValues {
  std::vector<CurrentValue> values;  // ordered by pollutant
  // The largest AQI among the values of the newest day, which is `day`: an old value of another
  // pollutant does not look live. Nothing when there is no value.
  std::optional<airquality::AqiValue> overall;
  std::optional<base::LocalDay> day;
};

struct HistoryQuery {
  std::optional<airquality::Pollutant> pollutant;  // all when empty
  base::LocalDay from;
  base::LocalDay to;            // the last day
  base::Timestamp received_by;  // as the store was then
};

// One measurement in the version that counts: final before provisional, then the one that came
// last.
struct HistoryValue {
  airquality::Observation observation;
  base::Timestamp received_at;
};

// What was measured at a site. Reads the store: not for I/O threads. Errors are the store's.
//
// Thread-safe. `store` must outlive it.
class SiteValues {
 public:
  explicit SiteValues(store::ObservationStore& store) : store_(store) {}

  // The last observed values at `now`: live ones, else those of days up to the end of `as_of`.
  base::Result<CurrentValues> Current(const ListedSite& site, base::LocalDay as_of,
                                      base::Timestamp now) const;

  // The daily values between two days of the site, in the order of pollutant, then day. The same
  // `received_by` gives the same values, whatever came since.
  base::Result<void> VisitHistory(const airquality::Site& site, const HistoryQuery& query,
                                  const std::function<void(const HistoryValue&)>& visit) const;

 private:
  store::ObservationStore& store_;
};

}  // namespace geoclimate::service
