#pragma once

#include "geoclimate/base/result.h"
#include "geoclimate/inference/tree_backend.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// Holds an engine against the definition of the ensemble that it was built from (Scores::kLinked):
// some tens of synthetic rows, missing values among them, must have the same bits by the splits as
// they are written, alone, and in a batch. kInternal naming the first answer that differs: such an
// engine must not serve.
base::Result<void> CheckParity(const model::TreeEnsemble& ensemble, const TreeBackend& backend);

}  // namespace geoclimate::inference
