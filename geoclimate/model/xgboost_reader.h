#pragma once

#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::model {

// Reads a model that XGBoost 1.6 or later saved as JSON or UBJ (told apart by content; schema:
// xgboost's doc/model.schema and src/tree/io_utils.h): boosters gbtree and dart, numeric and
// categorical splits, base_score as number or vector, any number of classes or targets as one tree
// a target.
//
// kUnimplemented, naming it, for what is not such a model: gblinear, trees whose leaves are vectors
// (multi_strategy=multi_output_tree), an unknown objective. kInvalidArgument, naming field, tree
// and node, for a file that is broken. Safe on hostile input: what is built is bounded by the size
// of the file.
base::Result<TreeEnsemble> ReadXgboost(std::string_view bytes);

}  // namespace geoclimate::model
