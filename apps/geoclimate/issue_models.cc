#include "apps/geoclimate/issue_models.h"

#include <memory>
#include <utility>

#include "apps/geoclimate/model_publishing.h"
#include "geoclimate/forecast/model_name.h"
#include "geoclimate/inference/loaded_model.h"

namespace geoclimate::app {
namespace {

using LoadedPointer = std::shared_ptr<const inference::LoadedModel>;

// Null when there is no such version.
base::Result<LoadedPointer> Load(const registry::Registry& registry,
                                 base::Result<model::ModelDescription> found) {
  if (!found.ok()) {
    if (found.error().code() == base::ErrorCode::kNotFound) return LoadedPointer();
    return found.error();
  }
  GC_ASSIGN_OR_RETURN(const std::string artifact, registry.Load(*found));
  return inference::LoadedModel::Parse(*std::move(found), artifact);
}

}  // namespace

base::Result<forecast::IssueModels> LoadIssueModels(const registry::Registry& registry) {
  forecast::IssueModels models;
  int loaded = 0;
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    for (int horizon = 1; horizon <= forecast::kMaxHorizonDays; ++horizon) {
      for (const airquality::Basis basis :
           {airquality::Basis::kSite, airquality::Basis::kNeighbours}) {
        const std::string name = forecast::ModelName(pollutant, horizon, basis);
        forecast::HorizonModels& at = models.At(pollutant, horizon, basis);
        GC_ASSIGN_OR_RETURN(at.production, Load(registry, registry.FindProduction(name)));
        GC_ASSIGN_OR_RETURN(at.fallback, Load(registry, registry.FindAlias(name, kFallbackAlias)));
        if (at.production != nullptr || at.fallback != nullptr) ++loaded;
      }
    }
  }
  if (loaded == 0) {
    return base::FailedPrecondition("there is no forecaster yet: run geoclimate train first");
  }
  return models;
}

}  // namespace geoclimate::app
