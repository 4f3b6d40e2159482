#include "geoclimate/training/fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "geoclimate/model/tree_walk.h"
#include "geoclimate/model/xgboost_reader.h"
#include "geoclimate/training/booster.h"
#include "geoclimate/training/damped_baseline.h"
#include "geoclimate/training/evaluation.h"
#include "geoclimate/training/member_target.h"
#include "geoclimate/training/spread.h"
#include "geoclimate/training/time_blocks.h"

namespace geoclimate::training {
namespace {

RowRange EveryRow(const TrainingRows& rows) {
  return {0, rows.features.rows};
}

std::span<const float> FeaturesOf(const TrainingRows& rows, RowRange range) {
  return std::span(rows.features.values)
      .subspan(range.begin * rows.features.columns, range.size() * rows.features.columns);
}

// The value above which a concentration is not small for this pollutant.
double ScaleOffset(const TrainingOptions& options, const TrainingRows& rows, RowRange range) {
  double sum = 0;
  for (std::size_t row = range.begin; row < range.end; ++row) sum += double{rows.targets[row]};
  const double mean = sum / static_cast<double>(range.size());
  return std::max(options.scale_offset_share * mean, std::numeric_limits<double>::min());
}

// A forecaster with the baseline fitted on `range` and members that have no trees yet.
model::Forecaster Frame(const TrainingOptions& options, const TrainingRows& rows, RowRange range,
                        std::string_view reference_column, double scale_offset) {
  model::Forecaster forecaster;
  forecaster.pollutant = rows.pollutant;
  forecaster.horizon_days = rows.horizon_days;
  forecaster.schema = rows.schema;
  forecaster.baseline = FitDampedPersistence(rows, range, reference_column);
  for (const model::MemberTarget target : options.members) {
    forecaster.members.push_back({.target = target, .scale_offset = scale_offset, .trees = {}});
  }
  return forecaster;
}

std::vector<float> LabelsOf(const model::Forecaster& forecaster, const model::Member& member,
                            const TrainingRows& rows, RowRange range) {
  std::vector<float> labels;
  labels.reserve(range.size());
  const auto reference =
      static_cast<std::size_t>(forecaster.schema.Find(forecaster.baseline.reference_feature));
  const model::Combiner combiner(forecaster);
  for (std::size_t row = range.begin; row < range.end; ++row) {
    const std::span<const float> features = rows.features.Row(row);
    labels.push_back(
        static_cast<float>(RawTarget(member.target, member.scale_offset, double{rows.targets[row]},
                                     combiner.Baseline(features), double{features[reference]})));
  }
  return labels;
}

float ScoreOf(const model::TreeEnsemble& trees, std::span<const float> row) {
  double sum = trees.base_scores[0];
  for (const model::Tree& tree : trees.trees) sum += model::FindLeaf(tree, row).value;
  return static_cast<float>(sum);
}

std::vector<model::Distribution> Combine(const model::Forecaster& forecaster,
                                         const TrainingRows& rows, RowRange range,
                                         std::span<const std::vector<float>> scores) {
  std::vector<model::Distribution> distributions;
  distributions.reserve(range.size());
  const model::Spread& spread = forecaster.calibration.spread;
  std::vector<float> row_scores(scores.size() + (spread.has_trees() ? 1 : 0));
  const model::Combiner combiner(forecaster);
  for (std::size_t i = 0; i < range.size(); ++i) {
    for (std::size_t member = 0; member < scores.size(); ++member) {
      row_scores[member] = scores[member][i];
    }
    if (spread.has_trees()) {
      row_scores.back() = ScoreOf(spread.trees, rows.features.Row(range.begin + i));
    }
    distributions.push_back(combiner.Combine(rows.features.Row(range.begin + i), row_scores));
  }
  return distributions;
}

// What a forecaster that saw neither block says of both.
struct Judged {
  std::vector<model::Distribution> calibrate;
  std::vector<model::Distribution> evaluate;
};

// The errors that a forecaster made on blocks that it had not seen, with what it reads of the rows:
// `schema`, the first columns of the rows'.
class Errors {
 public:
  Errors(const TrainingRows& rows, const features::FeatureSchema& schema)
      : rows_(rows), schema_(schema) {}
  // Blocks in the order of time.
  void Add(RowRange range, std::span<const model::Distribution> distributions) {
    for (std::size_t i = 0; i < range.size(); ++i) {
      const std::size_t row = range.begin + i;
      const std::span<const float> features = rows_.features.Row(row).first(schema_.size());
      features_.insert(features_.end(), features.begin(), features.end());
      issue_days_.push_back(rows_.issue_days[row]);
      means_.push_back(double{distributions[i].mean});
      errors_.push_back(double{rows_.targets[row]} - means_.back());
    }
  }
  base::Result<model::Calibration> Calibrate(const SpreadOptions& options) const {
    return FitCalibration(options, {.horizon_days = rows_.horizon_days,
                                    .schema = schema_,
                                    .features = features_,
                                    .issue_days = issue_days_,
                                    .means = means_,
                                    .errors = errors_});
  }

 private:
  const TrainingRows& rows_;
  const features::FeatureSchema& schema_;
  std::vector<float> features_;
  std::vector<base::LocalDay> issue_days_;
  std::vector<double> means_;
  std::vector<double> errors_;
};

class Fitter {
 public:
  Fitter(const TrainingOptions& options, const TrainingRows& rows, const TimeBlocks& blocks,
         const std::function<void()>& after_step)
      : options_(options), rows_(rows), blocks_(blocks), after_step_(after_step) {}

  base::Result<TrainedForecaster> Run() {
    reference_column_ = ChooseReference(rows_, blocks_.fit, blocks_.calibrate);
    scale_offset_ = ScaleOffset(options_, rows_, blocks_.fit);
    model::Forecaster judged = FrameFor(blocks_.fit);
    GC_ASSIGN_OR_RETURN(std::vector<Booster> boosters, FitStoppingEarly(judged));
    TrainedForecaster trained = {judged, FallbackOf(judged), ReportBlocks(boosters), {}};
    GC_RETURN_IF_ERROR(Judge(trained));
    if (trained.report.scored_rows == 0) {
      return base::FailedPrecondition(
          "no row of the evaluate block has a forecast of every baseline");
    }
    GC_RETURN_IF_ERROR(TakeTrees(boosters, trained.model));
    trained.judged = {.model = trained.model,
                      .fallback = trained.fallback,
                      .first = blocks_.evaluate.begin,
                      .of_model = model_.evaluate,
                      .of_fallback = fallback_.evaluate};
    if (options_.refit == Refit::kEveryRow) GC_RETURN_IF_ERROR(RefitOnEveryRow(trained));
    GC_RETURN_IF_ERROR(trained.model.Validate());
    GC_RETURN_IF_ERROR(trained.fallback.Validate());
    return trained;
  }

 private:
  model::Forecaster FrameFor(RowRange range) const {
    return Frame(options_, rows_, range, reference_column_, scale_offset_);
  }

  model::Forecaster FallbackOf(model::Forecaster forecaster) const {
    forecaster.members.clear();
    forecaster.schema = rows_.schema_of_fallback();
    return forecaster;
  }

  // Leaves the members' scores of the later blocks in calibrate_scores_ and evaluate_scores_.
  base::Result<std::vector<Booster>> FitStoppingEarly(const model::Forecaster& forecaster) {
    const int threads = options_.boost.threads;
    GC_ASSIGN_OR_RETURN(
        BoosterMatrix fit,
        BoosterMatrix::Create(rows_.schema, FeaturesOf(rows_, blocks_.fit), threads));
    GC_ASSIGN_OR_RETURN(
        BoosterMatrix calibrate,
        BoosterMatrix::Create(rows_.schema, FeaturesOf(rows_, blocks_.calibrate), threads));
    GC_ASSIGN_OR_RETURN(
        BoosterMatrix evaluate,
        BoosterMatrix::Create(rows_.schema, FeaturesOf(rows_, blocks_.evaluate), threads));
    std::vector<Booster> boosters;
    for (const model::Member& member : forecaster.members) {
      GC_RETURN_IF_ERROR(fit.SetLabels(LabelsOf(forecaster, member, rows_, blocks_.fit)));
      GC_RETURN_IF_ERROR(
          calibrate.SetLabels(LabelsOf(forecaster, member, rows_, blocks_.calibrate)));
      GC_ASSIGN_OR_RETURN(Booster booster,
                          Booster::TrainStoppingEarly(options_.boost, fit, calibrate));
      GC_ASSIGN_OR_RETURN(calibrate_scores_.emplace_back(), booster.Predict(calibrate));
      GC_ASSIGN_OR_RETURN(evaluate_scores_.emplace_back(), booster.Predict(evaluate));
      boosters.push_back(std::move(booster));
      if (after_step_) after_step_();
    }
    return boosters;
  }

  FitReport ReportBlocks(std::span<const Booster> boosters) const {
    const auto block = [this](RowRange range) {
      return BlockReport{.rows = range.size(),
                         .first_issue_day = rows_.issue_days[range.begin],
                         .last_valid_day = rows_.valid_day(range.end - 1)};
    };
    FitReport report;
    report.fit = block(blocks_.fit);
    report.calibrate = block(blocks_.calibrate);
    report.evaluate = block(blocks_.evaluate);
    for (std::size_t member = 0; member < boosters.size(); ++member) {
      report.members.push_back({options_.members[member], boosters[member].rounds()});
    }
    return report;
  }

  // Calibrates both forecasters on the calibrate block and scores them on the evaluate block.
  base::Result<void> Judge(TrainedForecaster& trained) {
    const auto judge =
        [this](model::Forecaster& forecaster, std::span<const std::vector<float>> calibrate_scores,
               std::span<const std::vector<float>> evaluate_scores) -> base::Result<Judged> {
      Judged judged;
      judged.calibrate = Combine(forecaster, rows_, blocks_.calibrate, calibrate_scores);
      Errors errors(rows_, forecaster.schema);
      errors.Add(blocks_.calibrate, judged.calibrate);
      GC_ASSIGN_OR_RETURN(forecaster.calibration, errors.Calibrate(options_.spread));
      judged.evaluate = Combine(forecaster, rows_, blocks_.evaluate, evaluate_scores);
      return judged;
    };
    GC_ASSIGN_OR_RETURN(model_, judge(trained.model, calibrate_scores_, evaluate_scores_));
    GC_ASSIGN_OR_RETURN(fallback_, judge(trained.fallback, {}, {}));
    Evaluate(rows_, blocks_.evaluate, model_.evaluate, fallback_.evaluate, trained.report);
    return {};
  }

  base::Result<void> TakeTrees(std::span<const Booster> boosters,
                               model::Forecaster& forecaster) const {
    for (std::size_t member = 0; member < boosters.size(); ++member) {
      GC_ASSIGN_OR_RETURN(const std::string saved, boosters[member].Save());
      GC_ASSIGN_OR_RETURN(forecaster.members[member].trees, model::ReadXgboost(saved));
    }
    return {};
  }

  // The published forecasters: fitted on all rows, with the spread of the errors that the judged
  // ones made on both of the blocks that they had not seen.
  base::Result<void> RefitOnEveryRow(TrainedForecaster& trained) const {
    const auto calibration = [this](const Judged& judged, const features::FeatureSchema& schema) {
      Errors errors(rows_, schema);
      errors.Add(blocks_.calibrate, judged.calibrate);
      errors.Add(blocks_.evaluate, judged.evaluate);
      return errors.Calibrate(options_.spread);
    };
    model::Forecaster refitted = FrameFor(EveryRow(rows_));
    GC_ASSIGN_OR_RETURN(refitted.calibration, calibration(model_, rows_.schema));
    GC_ASSIGN_OR_RETURN(const model::Calibration fallback_calibration,
                        calibration(fallback_, rows_.schema_of_fallback()));
    GC_ASSIGN_OR_RETURN(
        BoosterMatrix matrix,
        BoosterMatrix::Create(rows_.schema, rows_.features.values, options_.boost.threads));
    std::vector<Booster> boosters;
    for (std::size_t member = 0; member < refitted.members.size(); ++member) {
      GC_RETURN_IF_ERROR(
          matrix.SetLabels(LabelsOf(refitted, refitted.members[member], rows_, EveryRow(rows_))));
      BoostOptions boost = options_.boost;
      boost.max_rounds = trained.report.members[member].rounds;
      GC_ASSIGN_OR_RETURN(Booster booster, Booster::Train(boost, matrix));
      boosters.push_back(std::move(booster));
      if (after_step_) after_step_();
    }
    GC_RETURN_IF_ERROR(TakeTrees(boosters, refitted));
    trained.model = std::move(refitted);
    trained.fallback = FallbackOf(trained.model);
    trained.fallback.calibration = fallback_calibration;
    return {};
  }

  const TrainingOptions& options_;
  const TrainingRows& rows_;
  const TimeBlocks& blocks_;
  const std::function<void()>& after_step_;
  std::string_view reference_column_;
  double scale_offset_ = 0;
  std::vector<std::vector<float>> calibrate_scores_;
  std::vector<std::vector<float>> evaluate_scores_;
  Judged model_;
  Judged fallback_;
};

}  // namespace

int FitSteps(const TrainingOptions& options) {
  return static_cast<int>(options.members.size()) * (options.refit == Refit::kNone ? 1 : 2);
}

base::Result<TrainedForecaster> Fit(const TrainingOptions& options, const TrainingRows& rows,
                                    const std::function<void()>& after_step) {
  GC_RETURN_IF_ERROR(options.Validate());
  GC_RETURN_IF_ERROR(rows.Validate());
  GC_ASSIGN_OR_RETURN(const TimeBlocks blocks,
                      SplitIntoBlocks(rows.issue_days, rows.horizon_days, options.blocks));
  return Fitter(options, rows, blocks, after_step).Run();
}

}  // namespace geoclimate::training
