#include "geoclimate/training/spread.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/model/xgboost_reader.h"
#include "geoclimate/training/booster.h"
#include "geoclimate/training/conformal.h"
#include "geoclimate/training/time_blocks.h"

namespace geoclimate::training {
namespace {

// By which the trees' scores may be multiplied, 0 first.
constexpr std::array<double, 7> kFactors = {0, 0.5, 0.75, 1, 1.25, 1.5, 2};

// The mean pinball loss over rows and levels, half of a CRPS on levels that are evenly apart.
double PinballLoss(std::span<const double> errors, std::span<const double> spreads,
                   const std::array<double, model::kQuantileLevels.size()>& offsets) {
  double sum = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    for (std::size_t k = 0; k < offsets.size(); ++k) {
      const double above = errors[i] - offsets[k] * spreads[i];
      const double level = model::kQuantileLevels[k];
      sum += above >= 0 ? level * above : (level - 1) * above;
    }
  }
  return sum / static_cast<double>(errors.size() * offsets.size());
}

// Errors over spreads that did not learn from them, and what these spreads are worth.
struct HeldOut {
  std::array<double, model::kQuantileLevels.size()> offsets{};
  double loss = 0;
};

HeldOut Judge(std::span<const double> errors, std::span<const double> spreads) {
  std::vector<double> scores(errors.size());
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = errors[i] / spreads[i];
  HeldOut held_out;
  held_out.offsets = ConformalOffsets(std::move(scores));
  held_out.loss = PinballLoss(errors, spreads, held_out.offsets);
  return held_out;
}

class Fitter {
 public:
  Fitter(const SpreadOptions& options, const ErrorRows& rows)
      : options_(options), rows_(rows), level_(FitLevel(rows.errors, rows.means)) {
    const base::LocalDay middle = rows_.issue_days[rows_.issue_days.size() / 2];
    const auto first = [&](base::LocalDay day) {
      return static_cast<std::size_t>(std::ranges::lower_bound(rows_.issue_days, day) -
                                      rows_.issue_days.begin());
    };
    earlier_ = {0, first(middle - std::chrono::days(rows_.horizon_days))};
    later_ = {first(middle), rows_.errors.size()};
  }

  base::Result<model::Calibration> Run() {
    const model::Calibration plain = CalibrateLevel(rows_.errors, rows_.means);
    if (rows_.errors.size() < static_cast<std::size_t>(options_.min_rows) || earlier_.size() == 0 ||
        later_.size() == 0) {
      return plain;
    }
    CenterLevel();
    GC_ASSIGN_OR_RETURN(const BoosterMatrix earlier, Matrix(earlier_));
    GC_ASSIGN_OR_RETURN(const BoosterMatrix later, Matrix(later_));
    GC_ASSIGN_OR_RETURN(const Booster from_earlier, Train(earlier));
    GC_ASSIGN_OR_RETURN(const Booster from_later, Train(later));
    GC_ASSIGN_OR_RETURN(const std::vector<float> of_earlier, from_later.Predict(earlier));
    GC_ASSIGN_OR_RETURN(const std::vector<float> of_later, from_earlier.Predict(later));

    Score(earlier_, of_earlier);
    Score(later_, of_later);
    const Factor factor = ChooseFactor();
    if (factor.of_score == 0) return plain;

    GC_ASSIGN_OR_RETURN(const BoosterMatrix all, Matrix({0, rows_.errors.size()}));
    GC_ASSIGN_OR_RETURN(const Booster booster, Train(all));
    GC_ASSIGN_OR_RETURN(const std::string saved, booster.Save());
    model::Calibration calibration = {.offsets = factor.held_out.offsets, .spread = level_};
    GC_ASSIGN_OR_RETURN(calibration.spread.trees, model::ReadXgboost(saved));
    Scale(factor.of_score, calibration.spread.trees);
    return calibration;
  }

 private:
  double LogError(std::size_t row) const {
    return std::log(std::abs(rows_.errors[row]) / level_.At(rows_.means[row], 0) +
                    options_.log_offset);
  }

  // Keeps what trees of the other half say of the rows of `range`.
  void Score(RowRange range, std::span<const float> scores) {
    for (std::size_t row = range.begin; row < range.end; ++row) {
      errors_.push_back(rows_.errors[row]);
      means_.push_back(rows_.means[row]);
      scores_.push_back(double{scores[row - range.begin]});
    }
  }

  struct Factor {
    double of_score = 0;
    HeldOut held_out;
  };
  // Trees that shrink towards the mean, as boosted ones do, say too little of an error's size;
  // trees that found chance say too much.
  Factor ChooseFactor() const {
    Factor best;
    for (const double factor : kFactors) {
      std::vector<double> spreads(errors_.size());
      for (std::size_t i = 0; i < spreads.size(); ++i) {
        spreads[i] = level_.At(means_[i], factor * scores_[i]);
      }
      const HeldOut held_out = Judge(errors_, spreads);
      if (factor == 0 || held_out.loss < best.held_out.loss) best = {factor, held_out};
    }
    return best;
  }

  static void Scale(double factor, model::TreeEnsemble& trees) {
    trees.base_scores[0] *= factor;
    for (model::Tree& tree : trees.trees) {
      for (model::TreeNode& node : tree.nodes) {
        // A float, as the ensemble's other numbers.
        node.value = double{static_cast<float>(node.value * factor)};
      }
    }
  }

  // So that the trees, which begin at 0, have only differences to learn.
  void CenterLevel() {
    double sum = 0;
    for (std::size_t row = 0; row < rows_.errors.size(); ++row) sum += LogError(row);
    center_ = sum / static_cast<double>(rows_.errors.size());
  }

  // The rows of `range`, labelled.
  base::Result<BoosterMatrix> Matrix(RowRange range) const {
    const std::size_t columns = rows_.schema.size();
    GC_ASSIGN_OR_RETURN(
        BoosterMatrix matrix,
        BoosterMatrix::Create(rows_.schema,
                              rows_.features.subspan(range.begin * columns, range.size() * columns),
                              options_.boost.threads));
    std::vector<float> labels;
    labels.reserve(range.size());
    for (std::size_t row = range.begin; row < range.end; ++row) {
      labels.push_back(static_cast<float>(LogError(row) - center_));
    }
    GC_RETURN_IF_ERROR(matrix.SetLabels(labels));
    return matrix;
  }

  base::Result<Booster> Train(const BoosterMatrix& matrix) const {
    return Booster::Train(options_.boost, matrix);
  }

  const SpreadOptions& options_;
  const ErrorRows& rows_;
  const model::Spread level_;
  RowRange earlier_;
  RowRange later_;
  double center_ = 0;
  // Of the rows of both halves, by trees that did not see them.
  std::vector<double> errors_;
  std::vector<double> means_;
  std::vector<double> scores_;
};

}  // namespace

base::Result<model::Calibration> FitCalibration(const SpreadOptions& options,
                                                const ErrorRows& rows) {
  GC_CHECK(!rows.errors.empty() && rows.means.size() == rows.errors.size() &&
               rows.issue_days.size() == rows.errors.size() &&
               rows.features.size() == rows.errors.size() * rows.schema.size(),
           "a mean, an error, a day and features a row");
  return Fitter(options, rows).Run();
}

}  // namespace geoclimate::training
