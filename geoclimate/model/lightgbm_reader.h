#pragma once

#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::model {

// Reads a model that LightGBM saved as text, version v3 or v4 (LightGBM's src/io/tree.cpp and
// src/boosting/gbdt_model_text.cpp).
//
// kUnimplemented, naming it, for linear trees and an unknown objective. kInvalidArgument, naming
// the tree and field, for a file that is broken. Safe on hostile input: what is built is bounded by
// the size of the file.
base::Result<TreeEnsemble> ReadLightgbm(std::string_view text);

}  // namespace geoclimate::model
