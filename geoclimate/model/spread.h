#pragma once

#include "geoclimate/base/result.h"
#include "geoclimate/features/feature_schema.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::model {

// How large a row's error is likely to be, in the pollutant's EPA unit: what a distribution's
// offsets are multiplied by.
//
//   (floor + slope * |mean|) * exp(score)
//
// The first factor grows with the forecast, beyond what was ever seen too; the second one corrects
// it by the row: `score` is the answer of `trees` to it, 0 where there are none. A value.
struct Spread {
  // A score beyond this, in either direction, counts as this: twenty times as wide as the first
  // factor says, or as narrow.
  static constexpr double kMaxScore = 3;

  double floor = 1;
  double slope = 0;
  TreeEnsemble trees;

  bool has_trees() const { return !trees.trees.empty(); }

  // Not negative and, for a finite mean, finite. NaN for a NaN mean; a NaN score counts as 0.
  double At(double mean, double score) const;

  // kInvalidArgument when floor or slope is negative or not finite, or the trees do not take rows
  // of `schema` (CheckTakesRows).
  base::Result<void> Validate(const features::FeatureSchema& schema) const;
};

// Whether `trees` is a valid ensemble that answers rows of `schema` with one plain score.
// kInvalidArgument saying what is wrong.
base::Result<void> CheckTakesRows(const TreeEnsemble& trees, const features::FeatureSchema& schema);

}  // namespace geoclimate::model
