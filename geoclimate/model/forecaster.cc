#include "geoclimate/model/forecaster.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace geoclimate::model {
namespace {

base::Result<void> ValidateMember(const Member& member, const features::FeatureSchema& schema) {
  GC_RETURN_IF_ERROR(CheckTakesRows(member.trees, schema));
  GC_RETURN_IF_ERROR(member.linear.Validate(schema.size()));
  if (!std::isfinite(member.scale_offset) || member.scale_offset < 0) {
    return base::InvalidArgument(fmt::format("its scale offset is {}", member.scale_offset));
  }
  if (member.target == MemberTarget::kLogResidual && member.scale_offset == 0) {
    return base::InvalidArgument("a logarithmic target needs a scale offset above 0");
  }
  if (!member.linear.terms.empty() && member.scale_offset == 0) {
    return base::InvalidArgument("a linear part needs a scale offset above 0");
  }
  return {};
}

base::Result<void> ValidateCalibration(const Calibration& calibration,
                                       const features::FeatureSchema& schema) {
  const auto& offsets = calibration.offsets;
  if (!std::ranges::all_of(offsets, [](double offset) { return std::isfinite(offset); })) {
    return base::InvalidArgument("a calibration offset is not finite");
  }
  if (!std::ranges::is_sorted(offsets)) {
    return base::InvalidArgument("the calibration offsets do not ascend");
  }
  return calibration.spread.Validate(schema);
}

std::size_t ColumnOf(const features::FeatureSchema& schema, std::string_view name) {
  const int column = schema.Find(name);
  GC_CHECK(column >= 0, "Validate() refuses a baseline column that the schema lacks");
  return static_cast<std::size_t>(column);
}

}  // namespace

TreeEnsemble NoTrees(const features::FeatureSchema& schema) {
  TreeEnsemble none;
  none.features = static_cast<std::int32_t>(schema.size());
  for (const features::Feature& feature : schema.features()) {
    none.feature_names.push_back(feature.name);
  }
  none.base_scores = {0};
  return none;
}

base::Result<void> Forecaster::Validate() const {
  GC_RETURN_IF_ERROR(training_sample.Validate(schema.size()));
  if (horizon_days < 1) {
    return base::InvalidArgument(fmt::format("a horizon of {} days", horizon_days));
  }
  if (schema.size() > std::numeric_limits<std::uint16_t>::max()) {
    return base::InvalidArgument(fmt::format("{} features are too many", schema.size()));
  }
  for (const std::string& name : {baseline.last_feature, baseline.reference_feature}) {
    if (schema.Find(name) < 0) {
      return base::InvalidArgument(
          fmt::format("the baseline's column '{}' is not in the schema", name));
    }
  }
  if (!std::isfinite(baseline.rho))
    return base::InvalidArgument("the baseline's rho is not finite");
  if (!(trust >= 0 && trust <= 1)) {
    return base::InvalidArgument(fmt::format("its members are trusted by {}, not 0 to 1", trust));
  }
  if (members.size() > kMaxMembers) {
    return base::InvalidArgument(
        fmt::format("{} members, at most {} are allowed", members.size(), kMaxMembers));
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    const base::Result<void> valid = ValidateMember(members[i], schema);
    if (!valid.ok()) return valid.error().WithContext(fmt::format("member {}", i));
  }
  return ValidateCalibration(calibration, schema);
}

Distribution Forecaster::Combine(std::span<const float> row, std::span<const float> scores) const {
  return Combiner(*this).Combine(row, scores);
}

double Forecaster::Baseline(std::span<const float> row) const {
  return Combiner(*this).Baseline(row);
}

Combiner::Combiner(const Forecaster& forecaster)
    : last_column_(ColumnOf(forecaster.schema, forecaster.baseline.last_feature)),
      reference_column_(ColumnOf(forecaster.schema, forecaster.baseline.reference_feature)),
      rho_(forecaster.baseline.rho),
      trust_(forecaster.trust),
      offsets_(forecaster.calibration.offsets),
      spread_{.floor = forecaster.calibration.spread.floor,
              .slope = forecaster.calibration.spread.slope,
              .trees = {}},
      spread_has_trees_(forecaster.calibration.spread.has_trees()) {
  targets_.reserve(forecaster.members.size());
  for (const Member& member : forecaster.members) {
    targets_.push_back({member.target, member.scale_offset, member.linear});
  }
}

Combiner::Columns Combiner::Read(std::span<const float> row) const {
  const double last = double{row[last_column_]};
  const double reference = double{row[reference_column_]};
  return {std::isnan(last) ? reference : last, std::isnan(reference) ? last : reference};
}

double Combiner::Damped(const Columns& columns) const {
  return columns.reference + rho_ * (columns.last - columns.reference);
}

double Combiner::Baseline(std::span<const float> row) const {
  return Damped(Read(row));
}

double Combiner::Reference(std::span<const float> row) const {
  return Read(row).reference;
}

Distribution Combiner::Combine(std::span<const float> row, std::span<const float> scores) const {
  GC_CHECK(scores.size() == targets_.size() + (spread_has_trees_ ? 1 : 0),
           "one score a member and one of the spread's trees");
  const Columns columns = Read(row);
  const double baseline = Damped(columns);
  double mean = baseline;
  if (!targets_.empty()) {
    double sum = 0;
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      const double offset = targets_[i].scale_offset;
      const double score =
          double{scores[i]} + targets_[i].linear.At(row, columns.reference, offset);
      switch (targets_[i].target) {
        case MemberTarget::kResidual:
          sum += baseline + score;
          break;
        case MemberTarget::kNormalizedResidual:
          sum += baseline + score * (std::max(columns.reference, 0.0) + offset);
          break;
        case MemberTarget::kLogResidual:
          // max() of a NaN baseline would be 0.
          sum += std::isnan(baseline)
                     ? baseline
                     : (std::max(baseline, 0.0) + offset) * std::exp(score) - offset;
          break;
      }
    }
    const double members = sum / static_cast<double>(targets_.size());
    mean = trust_ == 1 ? members : baseline + trust_ * (members - baseline);
  }
  const double spread = spread_.At(mean, spread_has_trees_ ? double{scores.back()} : 0.0);
  Distribution distribution;
  distribution.mean = static_cast<float>(mean);
  for (std::size_t k = 0; k < kQuantileLevels.size(); ++k) {
    distribution.quantiles[k] = static_cast<float>(mean + offsets_[k] * spread);
  }
  return distribution;
}

}  // namespace geoclimate::model
