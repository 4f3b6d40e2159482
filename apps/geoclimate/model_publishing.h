#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "apps/geoclimate/training_run.h"
#include "geoclimate/base/result.h"
#include "geoclimate/registry/registry.h"

namespace geoclimate::app {

// The alias of the version that forecasts where no version is in production: a damped baseline
// without members.
inline constexpr std::string_view kFallbackAlias = "fallback";

enum class PromoteTrained { kNo, kWhereTheGateAllows };

// What became of one trained job.
struct PublishedJob {
  std::string
      model_id;  // empty: the members do not beat the baselines, so there is no such version
  std::string fallback_id;  // has kFallbackAlias now
  std::string promoted;     // model_id, when it is in production now
  std::string refusal;      // why the gate refused it
};

// Publishes the fallback and points kFallbackAlias at it; publishes the model where it beats every
// baseline on the evaluate block, and promotes it if asked. A model that does not is not published:
// what would serve is the fallback, labelled so.
//
// The registry's errors; a refusal by the gate is none.
base::Result<PublishedJob> PublishTrained(registry::Registry& registry, const TrainedJob& job,
                                          PromoteTrained promote);

}  // namespace geoclimate::app
