#pragma once

#include "geoclimate/base/result.h"
#include "geoclimate/forecast/issue_cycle.h"
#include "geoclimate/registry/registry.h"

namespace geoclimate::app {

// The registry's production versions of the forecasters, and the fallbacks beside them: what an
// issue forecasts with. kFailedPrecondition, saying to train, when there is neither anywhere.
base::Result<forecast::IssueModels> LoadIssueModels(const registry::Registry& registry);

}  // namespace geoclimate::app
