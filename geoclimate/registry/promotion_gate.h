#pragma once

#include <string>

#include "geoclimate/base/result.h"
#include "geoclimate/model/manifest.h"
#include "geoclimate/registry/registry.h"

namespace geoclimate::registry {

// What production asks of a version: a kMseSkillMetric above 0 against a named baseline, on the
// later block that training did not see. The figures, for the history; kFailedPrecondition with
// them when they do not pass. With PromotionGate::kOverride everything passes, and the text says
// that the gate was overridden.
base::Result<std::string> PassGate(const model::ModelDescription& description, PromotionGate gate);

}  // namespace geoclimate::registry
