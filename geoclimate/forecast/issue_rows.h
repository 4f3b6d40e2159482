#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/feature_matrix.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/forecast/past_rows.h"

namespace geoclimate::forecast {

// Who is forecast when: the sites that have something to forecast from at the end of their issue
// day.
struct IssueKeys {
  std::vector<features::RowKey> keys;         // ordered by (issue_day, site)
  std::vector<base::LocalDay> last_observed;  // beside them: the day of the site's newest value
};

// Every site and day of `days` at which the site has a value of `pollutant` in the `window` days
// that end with it.
IssueKeys FindIssueKeys(const features::SiteHistory& history, airquality::Pollutant pollutant,
                        OriginWindow days, std::chrono::days window);

// The rows that models are given for these keys, one each, as FeatureBuilder builds them but for
// the newest value: what is older than kRecent (recency.h) is no newest value to a baseline, its
// mean is left.
features::FeatureMatrix BuildIssueRows(const features::FeatureBuilder& builder,
                                       airquality::Pollutant pollutant, const IssueKeys& keys,
                                       int threads);

}  // namespace geoclimate::forecast
