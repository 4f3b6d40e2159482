#pragma once

#include <cstdint>
#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/forecast/issue_cycle.h"
#include "geoclimate/forecast/table_store.h"
#include "geoclimate/store/issued_forecast_store.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::forecast {

// Where an issue reads and writes.
struct IssueStores {
  store::ObservationStore& observations;
  store::IssuedForecastStore& issued;
  TableStore& tables;
};

struct PublishedIssue {
  TablePointer table;
  std::uint64_t sites = 0;
  std::uint64_t forecasts = 0;
};

// One issue cycle from the stored observations to the current table, under the lease of the table
// store; `holder` names the caller to others who want it.
//
// The quantiles of `models` are corrected by what came of the forecasts that were kept before
// (issued_calibration.h), and their probabilities too, in place of what HorizonModels::calibration
// holds.
//
// The forecasts are kept before they are served, so that what people were told is always judged: a
// crash in between keeps some that nobody saw, and the next issue of that day replaces them.
//
// The errors of LoadSiteHistory(), Issue() and TableStore: kFailedPrecondition when there is
// nothing to forecast from, kAborted while somebody else holds the lease.
base::Result<PublishedIssue> PublishIssue(const IssueStores& stores, const IssueModels& models,
                                          const IssueOptions& options, std::string_view holder);

}  // namespace geoclimate::forecast
