#pragma once

#include <cstddef>

#include "geoclimate/base/result.h"
#include "geoclimate/model/manifest.h"
#include "geoclimate/registry/registry.h"
#include "geoclimate/service/served_models.h"

namespace geoclimate::service {

struct ModelFile;

// Both read a model, check it and score `warmup_rows` rows with it, or tensors of zeros where it
// takes no rows, and leave its metrics unset.

// The version that `description` names. Never fails as a whole: what is wrong is in `failure`.
//   kFailedPrecondition   a forecaster whose inputs are not those that FeatureBuilder makes
//   others                Registry::Load's and LoadedModel::Parse's
ServedModel LoadRegistered(const registry::Registry& registry, model::ModelDescription description,
                           std::size_t warmup_rows);

// A file in any format that LoadedModel knows, described as version 1 of its name, in production.
// LoadedModel::Parse's errors, and kFailedPrecondition as above.
base::Result<ServedModel> LoadModelFile(const ModelFile& file, std::size_t warmup_rows);

}  // namespace geoclimate::service
