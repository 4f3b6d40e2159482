#include "geoclimate/model/spread.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace geoclimate::model {

double Spread::At(double mean, double score) const {
  const double level = floor + slope * std::abs(mean);
  if (std::isnan(score)) return level;
  return level * std::exp(std::clamp(score, -kMaxScore, kMaxScore));
}

base::Result<void> Spread::Validate(const features::FeatureSchema& schema) const {
  for (const double part : {floor, slope}) {
    if (!std::isfinite(part) || part < 0) {
      return base::InvalidArgument(fmt::format("a calibration spread is {}", part));
    }
  }
  if (!has_trees()) return {};
  const base::Result<void> takes = CheckTakesRows(trees, schema);
  if (!takes.ok()) return takes.error().WithContext("the spread's trees");
  return {};
}

base::Result<void> CheckTakesRows(const TreeEnsemble& trees,
                                  const features::FeatureSchema& schema) {
  GC_RETURN_IF_ERROR(trees.Validate());
  if (trees.outputs != 1 || trees.link != Link::kIdentity) {
    return base::InvalidArgument("it has a link or more than one output");
  }
  if (static_cast<std::size_t>(trees.features) != schema.size()) {
    return base::InvalidArgument(
        fmt::format("it has {} features, the schema {}", trees.features, schema.size()));
  }
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (trees.feature_names[i] != schema.features()[i].name) {
      return base::InvalidArgument(fmt::format("its feature {} is '{}', the schema's '{}'", i,
                                               trees.feature_names[i], schema.features()[i].name));
    }
  }
  return {};
}

}  // namespace geoclimate::model
