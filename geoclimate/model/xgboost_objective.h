#pragma once

#include <optional>
#include <string_view>

#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::model {

// What an XGBoost objective means for prediction: its PredTransform and its ProbToMargin (xgboost's
// src/objective/).
struct XgboostObjective {
  Link link = Link::kIdentity;
  // How the file's base_score, which is in the space of answers, becomes a margin.
  enum class BaseScore { kMargin, kLogit, kLog } base_score = BaseScore::kMargin;
};

// Nothing for an objective that XGBoost 3.2 does not have.
std::optional<XgboostObjective> FindXgboostObjective(std::string_view name);

// In float, as XGBoost computes it.
float BaseMargin(const XgboostObjective& objective, float base_score);

}  // namespace geoclimate::model
