#include "geoclimate/training/fit.h"

#include <utility>

#include "geoclimate/model/tree_walk.h"
#include "geoclimate/training/booster.h"
#include "geoclimate/training/damped_baseline.h"
#include "geoclimate/training/evaluation.h"
#include "geoclimate/training/member_fits.h"
#include "geoclimate/training/spread.h"
#include "geoclimate/training/time_blocks.h"
#include "geoclimate/training/trust.h"

namespace geoclimate::training {
namespace {

using Scores = std::vector<std::vector<float>>;  // by member, then by row

std::span<const float> FeaturesOf(const TrainingRows& rows, RowRange range) {
  return std::span(rows.features.values)
      .subspan(range.begin * rows.features.columns, range.size() * rows.features.columns);
}

model::Forecaster FallbackOf(model::Forecaster forecaster, const TrainingRows& rows) {
  forecaster.members.clear();
  forecaster.schema = rows.schema_of_fallback();
  forecaster.trust = 1;
  return forecaster;
}

// Rows that a forecaster was not fitted on, with what its trees say of them.
struct UnseenBlock {
  RowRange range;
  Scores scores;  // none for a forecaster without members
};

float ScoreOf(const model::TreeEnsemble& trees, std::span<const float> row) {
  double sum = trees.base_scores[0];
  for (const model::Tree& tree : trees.trees) sum += model::FindLeaf(tree, row).value;
  return static_cast<float>(sum);
}

std::vector<model::Distribution> Combine(const model::Forecaster& forecaster,
                                         const TrainingRows& rows, const UnseenBlock& block) {
  std::vector<model::Distribution> distributions;
  distributions.reserve(block.range.size());
  const std::size_t members = forecaster.members.size();
  const model::Spread& spread = forecaster.calibration.spread;
  std::vector<float> scores(members + (spread.has_trees() ? 1 : 0));
  const model::Combiner combiner(forecaster);
  for (std::size_t i = 0; i < block.range.size(); ++i) {
    const std::span<const float> row = rows.features.Row(block.range.begin + i);
    for (std::size_t member = 0; member < members; ++member) {
      scores[member] = block.scores[member][i];
    }
    if (spread.has_trees()) scores.back() = ScoreOf(spread.trees, row);
    distributions.push_back(combiner.Combine(row, scores));
  }
  return distributions;
}

// The errors that a forecaster makes on blocks that it has not seen, in the order of time.
struct Errors {
  std::vector<float> features;  // what it reads: the first columns of the rows
  std::vector<base::LocalDay> issue_days;
  std::vector<double> baselines;
  std::vector<double> means;
  std::vector<double> targets;
};

Errors ErrorsOf(const model::Forecaster& forecaster, const TrainingRows& rows,
                std::span<const UnseenBlock* const> blocks) {
  Errors errors;
  const model::Combiner combiner(forecaster);
  for (const UnseenBlock* block : blocks) {
    const std::vector<model::Distribution> said = Combine(forecaster, rows, *block);
    for (std::size_t i = 0; i < said.size(); ++i) {
      const std::size_t row = block->range.begin + i;
      const std::span<const float> features =
          rows.features.Row(row).first(forecaster.schema.size());
      errors.features.insert(errors.features.end(), features.begin(), features.end());
      errors.issue_days.push_back(rows.issue_days[row]);
      errors.baselines.push_back(combiner.Baseline(rows.features.Row(row)));
      errors.means.push_back(double{said[i].mean});
      errors.targets.push_back(double{rows.targets[row]});
    }
  }
  return errors;
}

// Sets how far the members are trusted and then the calibration, from the errors on `blocks`.
base::Result<void> LearnFromErrors(const SpreadOptions& options, const TrainingRows& rows,
                                   std::span<const UnseenBlock* const> blocks,
                                   model::Forecaster& forecaster) {
  forecaster.trust = 1;
  forecaster.calibration = {};
  Errors errors = ErrorsOf(forecaster, rows, blocks);
  forecaster.trust = BestTrust(errors.baselines, errors.means, errors.targets);
  std::vector<double> differences;
  for (std::size_t i = 0; i < errors.means.size(); ++i) {
    double& mean = errors.means[i];
    mean = errors.baselines[i] + forecaster.trust * (mean - errors.baselines[i]);
    differences.push_back(errors.targets[i] - mean);
  }
  GC_ASSIGN_OR_RETURN(forecaster.calibration,
                      FitCalibration(options, {.horizon_days = rows.horizon_days,
                                               .schema = forecaster.schema,
                                               .features = errors.features,
                                               .issue_days = errors.issue_days,
                                               .means = errors.means,
                                               .errors = differences}));
  return {};
}

class Fitter {
 public:
  Fitter(const TrainingOptions& options, const TrainingRows& rows, const TimeBlocks& blocks,
         const std::function<void()>& after_step)
      : options_(options),
        rows_(rows),
        blocks_(blocks),
        after_step_(after_step),
        calibrate_{blocks.calibrate, {}},
        evaluate_{blocks.evaluate, {}},
        choice_{.reference_column = ChooseReference(rows, blocks.fit, blocks.calibrate),
                .scale_offset = ScaleOffset(options, rows, blocks.fit)} {}

  base::Result<TrainedForecaster> Run() {
    TrainedForecaster trained;
    trained.model = FitFrame(options_, rows_, blocks_.fit, choice_);
    trained.fallback = FallbackOf(trained.model, rows_);
    trained.report = ReportBlocks();
    GC_ASSIGN_OR_RETURN(std::vector<Booster> boosters, FitStoppingEarly(trained));
    GC_RETURN_IF_ERROR(Judge(trained));
    if (trained.report.scored_rows == 0) {
      return base::FailedPrecondition(
          "no row of the evaluate block has a forecast of every baseline");
    }
    const bool keep = options_.keep_judged == KeepJudged::kYes;
    if (keep || options_.refit == Refit::kNone) {
      GC_RETURN_IF_ERROR(TakeTrees(boosters, trained.model));
    }
    if (keep) trained.judged = {.model = trained.model, .fallback = trained.fallback};
    if (options_.refit == Refit::kNone) {
      GC_RETURN_IF_ERROR(trained.model.Validate());
      GC_RETURN_IF_ERROR(trained.fallback.Validate());
      return trained;
    }
    boosters.clear();  // and the rows that they hold
    // What is published is believed by the errors on both blocks.
    for (model::Forecaster* forecaster : {&trained.model, &trained.fallback}) {
      GC_RETURN_IF_ERROR(
          LearnFromErrors(options_.spread, rows_, {{&calibrate_, &evaluate_}}, *forecaster));
    }
    GC_ASSIGN_OR_RETURN(TrainedForecaster refitted,
                        RefitOnEveryRow(options_, choice_, trained, rows_, after_step_));
    refitted.judged = std::move(trained.judged);
    return refitted;
  }

  static base::Result<TrainedForecaster> RefitOnEveryRow(const TrainingOptions& options,
                                                         const FrameChoice& choice,
                                                         const TrainedForecaster& judged,
                                                         const TrainingRows& rows,
                                                         const std::function<void()>& after_step) {
    TrainedForecaster refitted;
    refitted.report = judged.report;
    refitted.model = FitFrame(options, rows, EveryRow(rows), choice);
    refitted.fallback = FallbackOf(refitted.model, rows);
    refitted.fallback.calibration = judged.fallback.calibration;
    refitted.model.trust = judged.model.trust;
    refitted.model.calibration = judged.model.calibration;
    std::vector<int> rounds;
    rounds.reserve(judged.report.members.size());
    for (const MemberReport& member : judged.report.members) rounds.push_back(member.rounds);
    GC_RETURN_IF_ERROR(FitTrees(options, rows, rounds, after_step, refitted.model));
    GC_RETURN_IF_ERROR(refitted.model.Validate());
    GC_RETURN_IF_ERROR(refitted.fallback.Validate());
    return refitted;
  }

 private:
  base::Result<BoosterMatrix> MatrixOf(RowRange range) const {
    return BoosterMatrix::Create(rows_.schema, FeaturesOf(rows_, range), options_.boost.threads);
  }

  // Leaves what the members' trees say of the later blocks in these, their rounds in the report.
  base::Result<std::vector<Booster>> FitStoppingEarly(TrainedForecaster& trained) {
    std::vector<Booster> boosters;
    if (options_.form == MemberForm::kLinear) {
      for (UnseenBlock* block : {&calibrate_, &evaluate_}) {
        block->scores.assign(trained.model.members.size(), std::vector<float>(block->range.size()));
      }
      return boosters;
    }
    GC_ASSIGN_OR_RETURN(BoosterMatrix fit, MatrixOf(blocks_.fit));
    GC_ASSIGN_OR_RETURN(BoosterMatrix calibrate, MatrixOf(blocks_.calibrate));
    GC_ASSIGN_OR_RETURN(const BoosterMatrix evaluate, MatrixOf(blocks_.evaluate));
    const BoostOptions boost = options_.BoostOf(rows_.pollutant);
    for (std::size_t m = 0; m < trained.model.members.size(); ++m) {
      const model::Member& member = trained.model.members[m];
      GC_RETURN_IF_ERROR(fit.SetLabels(LabelsOf(trained.model, member, rows_, blocks_.fit)));
      GC_RETURN_IF_ERROR(
          calibrate.SetLabels(LabelsOf(trained.model, member, rows_, blocks_.calibrate)));
      GC_ASSIGN_OR_RETURN(Booster booster, Booster::TrainStoppingEarly(boost, fit, calibrate));
      GC_ASSIGN_OR_RETURN(calibrate_.scores.emplace_back(), booster.Predict(calibrate));
      GC_ASSIGN_OR_RETURN(evaluate_.scores.emplace_back(), booster.Predict(evaluate));
      trained.report.members[m].rounds = booster.rounds();
      boosters.push_back(std::move(booster));
      if (after_step_) after_step_();
    }
    return boosters;
  }

  FitReport ReportBlocks() const {
    const auto block = [this](RowRange range) {
      return BlockReport{.rows = range.size(),
                         .first_issue_day = rows_.issue_days[range.begin],
                         .last_valid_day = rows_.valid_day(range.end - 1)};
    };
    FitReport report;
    report.fit = block(blocks_.fit);
    report.calibrate = block(blocks_.calibrate);
    report.evaluate = block(blocks_.evaluate);
    for (const model::MemberTarget target : options_.members) {
      report.members.push_back({.target = target, .rounds = 0});
    }
    return report;
  }

  // Both forecasters learn from the calibrate block and are scored on the evaluate block.
  base::Result<void> Judge(TrainedForecaster& trained) const {
    std::vector<std::vector<model::Distribution>> said;
    for (model::Forecaster* forecaster : {&trained.model, &trained.fallback}) {
      GC_RETURN_IF_ERROR(LearnFromErrors(options_.spread, rows_, {{&calibrate_}}, *forecaster));
      said.push_back(Combine(*forecaster, rows_, evaluate_));
    }
    Evaluate(rows_, blocks_.evaluate, said[0], said[1], trained.report);
    return {};
  }

  const TrainingOptions& options_;
  const TrainingRows& rows_;
  const TimeBlocks& blocks_;
  const std::function<void()>& after_step_;
  UnseenBlock calibrate_;
  UnseenBlock evaluate_;
  const FrameChoice choice_;
};

base::Result<void> Check(const TrainingOptions& options, const TrainingRows& rows) {
  GC_RETURN_IF_ERROR(options.Validate());
  return rows.Validate();
}

}  // namespace

int FitSteps(const TrainingOptions& options) {
  if (options.form == MemberForm::kLinear) return 0;
  return static_cast<int>(options.members.size()) * (options.refit == Refit::kNone ? 1 : 2);
}

base::Result<TrainedForecaster> Fit(const TrainingOptions& options, const TrainingRows& rows,
                                    const std::function<void()>& after_step) {
  GC_RETURN_IF_ERROR(Check(options, rows));
  GC_ASSIGN_OR_RETURN(const TimeBlocks blocks,
                      SplitIntoBlocks(rows.issue_days, rows.horizon_days, options.blocks));
  return Fitter(options, rows, blocks, after_step).Run();
}

base::Result<TrainedForecaster> Refitted(const TrainingOptions& options,
                                         const TrainedForecaster& judged,
                                         const TrainingRows& rows) {
  GC_RETURN_IF_ERROR(Check(options, rows));
  const FrameChoice choice = {.reference_column = judged.model.baseline.reference_feature,
                              .scale_offset = judged.model.members.front().scale_offset};
  return Fitter::RefitOnEveryRow(options, choice, judged, rows, nullptr);
}

}  // namespace geoclimate::training
