#include "geoclimate/training/cross_site_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/model/xgboost_reader.h"
#include "geoclimate/training/booster.h"
#include "geoclimate/training/conformal.h"
#include "geoclimate/training/damped_baseline.h"
#include "geoclimate/training/evaluation.h"
#include "geoclimate/training/member_fits.h"
#include "geoclimate/training/selected_rows.h"
#include "geoclimate/training/site_folds.h"
#include "geoclimate/training/time_blocks.h"

namespace geoclimate::training {
namespace {

constexpr int kNoFold = -1;

// A linear part of the frame, which all folds share, would have seen every fold's sites.
TrainingOptions TreesAlone(TrainingOptions options) {
  options.form = MemberForm::kTrees;
  return options;
}

// What trees of `member` are fitted to in every row.
std::vector<float> LabelsOf(const model::Forecaster& forecaster, const model::Member& member,
                            const TrainingRows& rows) {
  return LabelsOf(forecaster, member, rows, EveryRow(rows));
}

base::Result<BoosterMatrix> MatrixOf(const TrainingRows& rows, int threads) {
  return BoosterMatrix::Create(rows.schema, rows.features.values, threads);
}

class CrossSiteFitter {
 public:
  CrossSiteFitter(const TrainingOptions& options, const PlaceTrainingRows& places,
                  const TimeBlocks& blocks, const SiteFolds& folds,
                  const std::function<void()>& after_step)
      : options_(TreesAlone(options)),
        rows_(places.rows),
        blocks_(blocks),
        folds_(folds),
        after_step_(after_step),
        reference_column_(ChooseReference(rows_, blocks.fit, blocks.calibrate)),
        later_{blocks.calibrate.begin, rows_.features.rows} {}

  // Fills the report from fits that saw neither the sites nor the days that they are judged on.
  base::Result<void> Judge() {
    const model::Forecaster frame = Frame(rows_, blocks_.fit);
    scores_.assign(frame.members.size(), std::vector<float>(later_.size()));
    rounds_.assign(frame.members.size(), {});
    for (int fold = 0; fold < folds_.count; ++fold) GC_RETURN_IF_ERROR(FitFold(frame, fold));
    Report(frame);
    if (report_.scored_rows > 0) return {};
    return base::FailedPrecondition(
        "no row of the evaluate block has a forecast of every baseline");
  }

  // What is published, or what speaks for the sites of one fold: fitted on every row of all sites
  // but those of the fold that is left out, with the spread of the errors at these.
  base::Result<TrainedForecaster> Refit(int left_out) const {
    const SelectedRows selected(rows_, RowsWhere(EveryRow(rows_), [&](std::size_t row) {
                                  return folds_.of_row[row] != left_out;
                                }));
    const TrainingRows& rows = selected.view();
    TrainedForecaster trained;
    trained.report = report_;
    trained.model = Frame(rows, EveryRow(rows));
    trained.fallback = WithoutMembers(trained.model);
    const model::Forecaster judged = Frame(rows_, blocks_.fit);
    trained.model.calibration =
        CalibrationOf(judged, scores_, {blocks_.calibrate, blocks_.evaluate}, left_out);
    trained.fallback.calibration =
        CalibrationOf(WithoutMembers(judged), {}, {blocks_.calibrate, blocks_.evaluate}, left_out);
    GC_ASSIGN_OR_RETURN(BoosterMatrix matrix, MatrixOf(rows, options_.boost.threads));
    for (std::size_t m = 0; m < trained.model.members.size(); ++m) {
      model::Member& member = trained.model.members[m];
      GC_RETURN_IF_ERROR(matrix.SetLabels(LabelsOf(trained.fallback, member, rows)));
      BoostOptions boost = options_.boost;
      boost.max_rounds = MeanRounds(m, left_out);
      GC_ASSIGN_OR_RETURN(const Booster booster, Booster::Train(boost, matrix));
      GC_ASSIGN_OR_RETURN(const std::string saved, booster.Save());
      GC_ASSIGN_OR_RETURN(member.trees, model::ReadXgboost(saved));
      if (after_step_) after_step_();
    }
    GC_RETURN_IF_ERROR(trained.model.Validate());
    GC_RETURN_IF_ERROR(trained.fallback.Validate());
    return trained;
  }

 private:
  using Scores = std::span<const std::vector<float>>;

  template <typename Predicate>
  static std::vector<std::size_t> RowsWhere(RowRange range, Predicate wanted) {
    std::vector<std::size_t> rows;
    for (std::size_t row = range.begin; row < range.end; ++row) {
      if (wanted(row)) rows.push_back(row);
    }
    return rows;
  }

  // The baseline fitted on `range` of `rows`, and members that have no trees yet.
  model::Forecaster Frame(const TrainingRows& rows, RowRange range) const {
    return FitFrame(options_, rows, range,
                    {.reference_column = reference_column_,
                     .scale_offset = ScaleOffset(options_, rows, range)});
  }

  static model::Forecaster WithoutMembers(model::Forecaster forecaster) {
    forecaster.members.clear();
    return forecaster;
  }

  base::Result<void> FitFold(const model::Forecaster& frame, int fold) {
    const auto of_fold = [&](std::size_t row) { return folds_.of_row[row] == fold; };
    const SelectedRows fit(rows_,
                           RowsWhere(blocks_.fit, [&](std::size_t row) { return !of_fold(row); }));
    const SelectedRows calibrate(rows_, RowsWhere(blocks_.calibrate, of_fold));
    const std::vector<std::size_t> judged_rows = RowsWhere(later_, of_fold);
    const SelectedRows judged(rows_, judged_rows);
    if (fit.view().features.rows < static_cast<std::size_t>(options_.blocks.min_rows)) {
      return base::FailedPrecondition(
          fmt::format("{} rows of the fit block are of other sites than those of fold {}, fewer "
                      "than {}",
                      fit.view().features.rows, fold + 1, options_.blocks.min_rows));
    }
    const int threads = options_.boost.threads;
    GC_ASSIGN_OR_RETURN(BoosterMatrix fit_matrix, MatrixOf(fit.view(), threads));
    GC_ASSIGN_OR_RETURN(BoosterMatrix calibrate_matrix, MatrixOf(calibrate.view(), threads));
    GC_ASSIGN_OR_RETURN(const BoosterMatrix judged_matrix, MatrixOf(judged.view(), threads));
    for (std::size_t m = 0; m < frame.members.size(); ++m) {
      const model::Member& member = frame.members[m];
      GC_RETURN_IF_ERROR(fit_matrix.SetLabels(LabelsOf(frame, member, fit.view())));
      GC_RETURN_IF_ERROR(calibrate_matrix.SetLabels(LabelsOf(frame, member, calibrate.view())));
      GC_ASSIGN_OR_RETURN(const Booster booster, Booster::TrainStoppingEarly(
                                                     options_.boost, fit_matrix, calibrate_matrix));
      rounds_[m].push_back(booster.rounds());
      GC_ASSIGN_OR_RETURN(const std::vector<float> scores, booster.Predict(judged_matrix));
      for (std::size_t i = 0; i < judged_rows.size(); ++i) {
        scores_[m][judged_rows[i] - later_.begin] = scores[i];
      }
      if (after_step_) after_step_();
    }
    return {};
  }

  model::Distribution Combine(const model::Combiner& combiner, Scores scores,
                              std::size_t row) const {
    std::vector<float> of_row;
    for (const std::vector<float>& member : scores) of_row.push_back(member[row - later_.begin]);
    return combiner.Combine(rows_.features.Row(row), of_row);
  }

  // From the errors that the folds' fits made in `blocks`, but for those at the sites of
  // `left_out`.
  model::Calibration CalibrationOf(const model::Forecaster& forecaster, Scores scores,
                                   std::initializer_list<RowRange> blocks, int left_out) const {
    const model::Combiner combiner(forecaster);
    std::vector<double> means;
    std::vector<double> errors;
    for (const RowRange block : blocks) {
      for (std::size_t row = block.begin; row < block.end; ++row) {
        if (folds_.of_row[row] == left_out) continue;
        means.push_back(double{Combine(combiner, scores, row).mean});
        errors.push_back(double{rows_.targets[row]} - means.back());
      }
    }
    return CalibrateLevel(errors, means);
  }

  void Report(model::Forecaster frame) {
    const auto block = [this](RowRange range) {
      return BlockReport{.rows = range.size(),
                         .first_issue_day = rows_.issue_days[range.begin],
                         .last_valid_day = rows_.valid_day(range.end - 1)};
    };
    report_.fit = block(blocks_.fit);
    report_.calibrate = block(blocks_.calibrate);
    report_.evaluate = block(blocks_.evaluate);
    for (std::size_t m = 0; m < frame.members.size(); ++m) {
      report_.members.push_back({options_.members[m], MeanRounds(m, kNoFold)});
    }
    const auto evaluate = [this](model::Forecaster& forecaster, Scores scores) {
      forecaster.calibration = CalibrationOf(forecaster, scores, {blocks_.calibrate}, kNoFold);
      const model::Combiner combiner(forecaster);
      std::vector<model::Distribution> said;
      for (std::size_t row = blocks_.evaluate.begin; row < blocks_.evaluate.end; ++row) {
        said.push_back(Combine(combiner, scores, row));
      }
      return said;
    };
    model::Forecaster without = WithoutMembers(frame);
    Evaluate(rows_, blocks_.evaluate, evaluate(frame, scores_), evaluate(without, {}), report_);
  }

  int MeanRounds(std::size_t member, int left_out) const {
    double sum = 0;
    int folds = 0;
    for (int fold = 0; fold < folds_.count; ++fold) {
      if (fold == left_out) continue;
      sum += rounds_[member][static_cast<std::size_t>(fold)];
      ++folds;
    }
    return std::max(1, static_cast<int>(std::lround(sum / folds)));
  }

  const TrainingOptions options_;
  const TrainingRows& rows_;
  const TimeBlocks& blocks_;
  const SiteFolds& folds_;
  const std::function<void()>& after_step_;
  const std::string_view reference_column_;
  const RowRange later_;                    // from the first calibrate row to the last of all
  std::vector<std::vector<float>> scores_;  // by member, then by row of later_
  std::vector<std::vector<int>> rounds_;    // by member, then by fold
  FitReport report_;
};

// Checks what is asked and calls `finish` with a fitter that has judged.
template <typename Fits>
base::Result<Fits> Run(
    const TrainingOptions& options, const PlaceTrainingRows& places,
    const std::function<void()>& after_step,
    const std::function<base::Result<Fits>(const CrossSiteFitter&, const SiteFolds&)>& finish) {
  GC_RETURN_IF_ERROR(options.Validate());
  GC_RETURN_IF_ERROR(places.rows.Validate());
  if (places.sites.size() != places.rows.features.rows) {
    return base::InvalidArgument(
        fmt::format("{} rows, {} sites", places.rows.features.rows, places.sites.size()));
  }
  GC_ASSIGN_OR_RETURN(
      const TimeBlocks blocks,
      SplitIntoBlocks(places.rows.issue_days, places.rows.horizon_days, options.blocks));
  GC_ASSIGN_OR_RETURN(const SiteFolds folds, DealSites(places.sites, blocks.calibrate, kSiteFolds));
  CrossSiteFitter fitter(options, places, blocks, folds, after_step);
  GC_RETURN_IF_ERROR(fitter.Judge());
  return finish(fitter, folds);
}

}  // namespace

TrainingOptions PlaceOptions(TrainingOptions options) {
  options.members = {model::MemberTarget::kNormalizedResidual};
  options.boost.max_rounds = 800;  // without a linear part there is more left
  return options;
}

int CrossSiteFitSteps(const TrainingOptions& options) {
  return static_cast<int>(options.members.size()) * (kSiteFolds + 1);
}

base::Result<TrainedForecaster> FitAcrossSites(const TrainingOptions& options,
                                               const PlaceTrainingRows& places,
                                               const std::function<void()>& after_step) {
  return Run<TrainedForecaster>(
      options, places, after_step,
      [](const CrossSiteFitter& fitter, const SiteFolds&) { return fitter.Refit(kNoFold); });
}

base::Result<HeldOutFits> FitHeldOutSites(const TrainingOptions& options,
                                          const PlaceTrainingRows& places) {
  return Run<HeldOutFits>(
      options, places, nullptr,
      [&](const CrossSiteFitter& fitter, const SiteFolds& folds) -> base::Result<HeldOutFits> {
        HeldOutFits fits;
        for (int fold = 0; fold < folds.count; ++fold) {
          GC_ASSIGN_OR_RETURN(TrainedForecaster trained, fitter.Refit(fold));
          fits.by_fold.push_back(std::move(trained));
        }
        for (std::size_t row = 0; row < places.sites.size(); ++row) {
          fits.fold_of_site.try_emplace(places.sites[row], folds.of_row[row]);
        }
        return fits;
      });
}

int HeldOutFits::FoldOf(std::size_t site) const {
  const auto found = fold_of_site.find(site);
  if (found != fold_of_site.end()) return found->second;
  return static_cast<int>(site % by_fold.size());
}

}  // namespace geoclimate::training
