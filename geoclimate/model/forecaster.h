#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/feature_schema.h"
#include "geoclimate/model/linear_score.h"
#include "geoclimate/model/spread.h"
#include "geoclimate/model/training_sample.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::model {

// Levels at which a forecast's distribution is kept, ascending; p10, p50 and p90 among them.
inline constexpr std::array<double, 11> kQuantileLevels = {0.05, 0.1, 0.2, 0.3, 0.4, 0.5,
                                                           0.6,  0.7, 0.8, 0.9, 0.95};
inline constexpr std::size_t kP10 = 1;
inline constexpr std::size_t kP50 = 5;
inline constexpr std::size_t kP90 = 9;

// The distribution of one day's concentration, in the pollutant's EPA unit.
struct Distribution {
  float mean = 0;
  std::array<float, kQuantileLevels.size()> quantiles{};  // ascending
  friend bool operator==(const Distribution&, const Distribution&) = default;
};

// The value that a member's residual is added to, computed from the row's own features, so that a
// row is all that a prediction needs: reference + rho * (last - reference), where the two columns
// are named by the schema. With one of the two missing the other one is the baseline.
struct DampedPersistence {
  std::string last_feature;       // the newest value of the site
  std::string reference_feature;  // the 30-day or the expanding mean
  double rho = 0;                 // 0: the reference; 1: persistence
};

// How a member's score s becomes a concentration, b being the baseline and m the reference mean
// (the last value where the reference is missing).
enum class MemberTarget : std::uint8_t {
  kResidual,            // b + s
  kNormalizedResidual,  // b + s * (max(m, 0) + scale_offset)
  kLogResidual,         // (max(b, 0) + scale_offset) * exp(s) - scale_offset
};

// Its score is that of the linear part plus the raw score of the trees, which correct it. Either
// may be empty and adds 0 then.
struct Member {
  MemberTarget target = MemberTarget::kResidual;
  double scale_offset = 1;
  LinearScore linear = {};
  TreeEnsemble trees;
};

// A member's ensemble that adds nothing: no trees over the columns of `schema`.
TreeEnsemble NoTrees(const features::FeatureSchema& schema);

// The distribution around the mean: quantile k = mean + offsets[k] * spread. Offsets ascend.
struct Calibration {
  std::array<double, kQuantileLevels.size()> offsets{};
  Spread spread;
};

// More members are refused: a server scores a row's members in a buffer of this size on its stack.
inline constexpr std::size_t kMaxMembers = 64;

// What is trained, published and served for one pollutant and lead time: a baseline, members that
// correct it, and the calibrated distribution around their mean. With no members it serves the
// baseline. A value.
struct Forecaster {
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  int horizon_days = 1;
  features::FeatureSchema schema;
  DampedPersistence baseline;
  std::vector<Member> members;
  // How much of the members' correction is believed, in [0, 1]: the mean is b + trust * (mean of
  // the members' concentrations - b). 0: the baseline.
  double trust = 1;
  Calibration calibration;
  // What it was fitted on, for who looks for drift; empty: not known. Changes no answer.
  TrainingSample training_sample = {};

  // kInvalidArgument naming what is wrong: a member's trees or the spread's are broken, their
  // features differ from the schema's, they have more than one output or a link; an unknown
  // baseline column; offsets that do not ascend; a number that is not finite.
  base::Result<void> Validate() const;

  // See Combiner, which is quicker for many rows.
  Distribution Combine(std::span<const float> row, std::span<const float> scores) const;
  double Baseline(std::span<const float> row) const;
};

// Makes a row's distribution from its members' scores: a forecaster with its columns looked up.
// Immutable, thread-safe, independent of the forecaster that it was made from.
class Combiner {
 public:
  // `forecaster` must pass Validate().
  explicit Combiner(const Forecaster& forecaster);

  // `row` has the schema's columns, NaN where missing; `scores` are the raw scores of the members'
  // trees in their order and, where the spread has trees, theirs at the end (inference computes
  // these). The mean of the members' concentrations, as far as it is trusted, with the calibrated
  // spread around it. Concentrations may be
  // negative, as observations may. A row whose baseline columns are both missing gives NaN
  // throughout. Allocates nothing.
  Distribution Combine(std::span<const float> row, std::span<const float> scores) const;
  // The baseline alone; NaN when both of its columns are missing.
  double Baseline(std::span<const float> row) const;
  // The reference mean, or the last value where it is missing.
  double Reference(std::span<const float> row) const;

 private:
  struct Columns {
    double last;
    double reference;
  };
  struct Target {
    MemberTarget target;
    double scale_offset;
    LinearScore linear;
  };
  Columns Read(std::span<const float> row) const;
  double Damped(const Columns& columns) const;

  std::size_t last_column_;
  std::size_t reference_column_;
  double rho_;
  std::vector<Target> targets_;
  double trust_;
  std::array<double, kQuantileLevels.size()> offsets_;
  Spread spread_;  // without its trees
  bool spread_has_trees_;
};

// The artifact's bytes (docs/formats/forecaster.md): deterministic, the same Forecaster gives the
// same bytes. `forecaster` must pass Validate().
std::string EncodeForecaster(const Forecaster& forecaster);
// kDataLoss naming where, for bytes that EncodeForecaster did not write; kUnimplemented for another
// version of the format than this one and the one before, which had no training sample. What it
// returns passes Validate(). Safe on hostile input: what is built is bounded by the number of
// bytes.
base::Result<Forecaster> ParseForecaster(std::string_view bytes);

}  // namespace geoclimate::model
