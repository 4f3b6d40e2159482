#include "geoclimate/training/cross_site_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "geoclimate/training/booster.h"
#include "geoclimate/training/conformal.h"
#include "geoclimate/training/damped_baseline.h"
#include "geoclimate/training/evaluation.h"
#include "geoclimate/training/member_fits.h"
#include "geoclimate/training/selected_rows.h"
#include "geoclimate/training/site_folds.h"
#include "geoclimate/training/time_blocks.h"
#include "geoclimate/training/trust.h"

namespace geoclimate::training {
namespace {

constexpr int kNoFold = -1;

model::Forecaster WithoutMembers(model::Forecaster forecaster) {
  forecaster.members.clear();
  return forecaster;
}

// Which of the two forecasters speaks.
enum class Speaker { kMembers, kBaseline };

// What errors teach of one of them.
struct Learnt {
  double trust = 1;
  model::Calibration calibration;
};

class CrossSiteFitter {
 public:
  CrossSiteFitter(const TrainingOptions& options, const PlaceTrainingRows& places,
                  const TimeBlocks& blocks, const SiteFolds& folds,
                  const std::function<void()>& after_step)
      : options_(options),
        rows_(places.rows),
        blocks_(blocks),
        folds_(folds),
        after_step_(after_step),
        choice_{.reference_column = ChooseReference(rows_, blocks.fit, blocks.calibrate),
                .scale_offset = ScaleOffset(options, rows_, blocks.fit)},
        later_{blocks.calibrate.begin, rows_.features.rows},
        baselines_(later_.size()),
        members_(later_.size()),
        rounds_(options.members.size()) {}

  // Fills the report from fits that saw neither the sites nor the days that they are judged on.
  base::Result<void> Judge() {
    for (int fold = 0; fold < folds_.count; ++fold) GC_RETURN_IF_ERROR(FitFold(fold));
    believed_ = MembersWinWithoutAnyFold();
    Report();
    if (report_.scored_rows > 0) return {};
    return base::FailedPrecondition(
        "no row of the evaluate block has a forecast of every baseline");
  }

  // What is published, or what speaks for the sites of one fold: fitted on every row of all sites
  // but those of the fold that is left out, and believed by the errors at these.
  base::Result<TrainedForecaster> Refit(int left_out) const {
    const SelectedRows selected(rows_, RowsWhere(EveryRow(rows_), [&](std::size_t row) {
                                  return folds_.of_row[row] != left_out;
                                }));
    const TrainingRows& rows = selected.view();
    TrainedForecaster trained;
    trained.report = report_;
    trained.model = FitFrame(options_, rows, EveryRow(rows), choice_);
    trained.fallback = WithoutMembers(trained.model);
    const Learnt of_members =
        Learn(Speaker::kMembers, {blocks_.calibrate, blocks_.evaluate}, left_out);
    trained.model.trust = of_members.trust;
    trained.model.calibration = of_members.calibration;
    trained.fallback.calibration =
        Learn(Speaker::kBaseline, {blocks_.calibrate, blocks_.evaluate}, left_out).calibration;
    std::vector<int> rounds;
    rounds.reserve(rounds_.size());
    for (std::size_t m = 0; m < rounds_.size(); ++m) rounds.push_back(MeanRounds(m, left_out));
    GC_RETURN_IF_ERROR(FitTrees(options_, rows, rounds, after_step_, trained.model));
    GC_RETURN_IF_ERROR(trained.model.Validate());
    GC_RETURN_IF_ERROR(trained.fallback.Validate());
    return trained;
  }

 private:
  template <typename Predicate>
  static std::vector<std::size_t> RowsWhere(RowRange range, Predicate wanted) {
    std::vector<std::size_t> rows;
    for (std::size_t row = range.begin; row < range.end; ++row) {
      if (wanted(row)) rows.push_back(row);
    }
    return rows;
  }

  // Leaves what the fold's forecaster says of the fold's own later rows.
  base::Result<void> FitFold(int fold) {
    const auto of_fold = [&](std::size_t row) { return folds_.of_row[row] == fold; };
    const SelectedRows fit(rows_,
                           RowsWhere(blocks_.fit, [&](std::size_t row) { return !of_fold(row); }));
    if (fit.view().features.rows < static_cast<std::size_t>(options_.blocks.min_rows)) {
      return base::FailedPrecondition(
          fmt::format("{} rows of the fit block are of other sites than those of fold {}, fewer "
                      "than {}",
                      fit.view().features.rows, fold + 1, options_.blocks.min_rows));
    }
    const model::Forecaster frame = FitFrame(options_, fit.view(), EveryRow(fit.view()), choice_);
    const std::vector<std::size_t> judged = RowsWhere(later_, of_fold);
    GC_ASSIGN_OR_RETURN(const std::vector<std::vector<float>> scores,
                        ScoresOfTrees(fit.view(), frame, fold, judged));
    const model::Combiner combiner(frame);
    std::vector<float> of_row(scores.size());
    for (std::size_t i = 0; i < judged.size(); ++i) {
      for (std::size_t m = 0; m < scores.size(); ++m) of_row[m] = scores[m][i];
      const std::span<const float> features = rows_.features.Row(judged[i]);
      baselines_[judged[i] - later_.begin] = combiner.Baseline(features);
      members_[judged[i] - later_.begin] = double{combiner.Combine(features, of_row).mean};
    }
    return {};
  }

  // By member, then by row of `judged`: of trees that were fitted on `fit` and stopped early at the
  // fold's sites. 0 where there are none.
  base::Result<std::vector<std::vector<float>>> ScoresOfTrees(const TrainingRows& fit,
                                                              const model::Forecaster& frame,
                                                              int fold,
                                                              std::span<const std::size_t> judged) {
    std::vector<std::vector<float>> scores(frame.members.size(), std::vector<float>(judged.size()));
    if (options_.form == MemberForm::kLinear) return scores;
    const SelectedRows calibrate(rows_, RowsWhere(blocks_.calibrate, [&](std::size_t row) {
                                   return folds_.of_row[row] == fold;
                                 }));
    const SelectedRows later(rows_, judged);
    GC_ASSIGN_OR_RETURN(BoosterMatrix fit_matrix, MatrixOf(fit));
    GC_ASSIGN_OR_RETURN(BoosterMatrix calibrate_matrix, MatrixOf(calibrate.view()));
    GC_ASSIGN_OR_RETURN(const BoosterMatrix later_matrix, MatrixOf(later.view()));
    const BoostOptions boost = options_.BoostOf(rows_.pollutant);
    for (std::size_t m = 0; m < frame.members.size(); ++m) {
      const model::Member& member = frame.members[m];
      GC_RETURN_IF_ERROR(fit_matrix.SetLabels(LabelsOf(frame, member, fit, EveryRow(fit))));
      GC_RETURN_IF_ERROR(calibrate_matrix.SetLabels(
          LabelsOf(frame, member, calibrate.view(), EveryRow(calibrate.view()))));
      GC_ASSIGN_OR_RETURN(const Booster booster,
                          Booster::TrainStoppingEarly(boost, fit_matrix, calibrate_matrix));
      rounds_[m].push_back(booster.rounds());
      GC_ASSIGN_OR_RETURN(scores[m], booster.Predict(later_matrix));
      if (after_step_) after_step_();
    }
    return scores;
  }

  base::Result<BoosterMatrix> MatrixOf(const TrainingRows& rows) const {
    return BoosterMatrix::Create(rows.schema, rows.features.values, options_.boost.threads);
  }

  // Of a row from later_.begin on; members are trusted fully.
  double SaidBy(Speaker speaker, std::size_t row) const {
    return (speaker == Speaker::kMembers ? members_ : baselines_)[row - later_.begin];
  }

  double Mean(Speaker speaker, double trust, std::size_t row) const {
    const double baseline = baselines_[row - later_.begin];
    return baseline + trust * (SaidBy(speaker, row) - baseline);
  }

  // From the errors that the folds' fits made in `blocks`, but for those at the sites of
  // `left_out`.
  Learnt Learn(Speaker speaker, std::initializer_list<RowRange> blocks, int left_out) const {
    std::vector<std::size_t> seen;
    for (const RowRange block : blocks) {
      for (std::size_t row = block.begin; row < block.end; ++row) {
        if (folds_.of_row[row] != left_out) seen.push_back(row);
      }
    }
    std::vector<double> baselines;
    std::vector<double> said;
    std::vector<double> targets;
    for (const std::size_t row : seen) {
      baselines.push_back(baselines_[row - later_.begin]);
      said.push_back(SaidBy(speaker, row));
      targets.push_back(double{rows_.targets[row]});
    }
    Learnt learnt;
    learnt.trust =
        speaker == Speaker::kMembers && !believed_ ? 0 : BestTrust(baselines, said, targets);
    std::vector<double> means;
    std::vector<double> errors;
    for (const std::size_t row : seen) {
      means.push_back(Mean(speaker, learnt.trust, row));
      errors.push_back(double{rows_.targets[row]} - means.back());
    }
    learnt.calibration = CalibrateLevel(errors, means);
    return learnt;
  }

  // Whether the members, trusted as the calibrate block says, have a lower squared error on the
  // evaluate block than the baseline whichever fold's sites are left out. Sites are few and the
  // errors of one are alike: what one group of them alone speaks for is no reason to believe that
  // it holds at the next place.
  bool MembersWinWithoutAnyFold() const {
    const double trust = Learn(Speaker::kMembers, {blocks_.calibrate}, kNoFold).trust;
    std::vector<double> gains(static_cast<std::size_t>(folds_.count));
    double all = 0;
    for (std::size_t row = blocks_.evaluate.begin; row < blocks_.evaluate.end; ++row) {
      const auto target = double{rows_.targets[row]};
      const double of_members = Mean(Speaker::kMembers, trust, row) - target;
      const double of_baseline = baselines_[row - later_.begin] - target;
      const double gain = of_baseline * of_baseline - of_members * of_members;
      gains[static_cast<std::size_t>(folds_.of_row[row])] += gain;
      all += gain;
    }
    return std::ranges::all_of(gains, [all](double gain) { return all - gain > 0; });
  }

  // What the speaker says of the evaluate block, having learnt from the calibrate block.
  std::vector<model::Distribution> SaidOfEvaluateBlock(Speaker speaker) const {
    const Learnt learnt = Learn(speaker, {blocks_.calibrate}, kNoFold);
    std::vector<model::Distribution> said;
    for (std::size_t row = blocks_.evaluate.begin; row < blocks_.evaluate.end; ++row) {
      const double mean = Mean(speaker, learnt.trust, row);
      const double spread = learnt.calibration.spread.At(mean, 0);
      model::Distribution& distribution = said.emplace_back();
      distribution.mean = static_cast<float>(mean);
      for (std::size_t k = 0; k < distribution.quantiles.size(); ++k) {
        distribution.quantiles[k] =
            static_cast<float>(mean + learnt.calibration.offsets[k] * spread);
      }
    }
    return said;
  }

  void Report() {
    const auto block = [this](RowRange range) {
      return BlockReport{.rows = range.size(),
                         .first_issue_day = rows_.issue_days[range.begin],
                         .last_valid_day = rows_.valid_day(range.end - 1)};
    };
    report_.fit = block(blocks_.fit);
    report_.calibrate = block(blocks_.calibrate);
    report_.evaluate = block(blocks_.evaluate);
    for (std::size_t m = 0; m < options_.members.size(); ++m) {
      report_.members.push_back({options_.members[m], MeanRounds(m, kNoFold)});
    }
    Evaluate(rows_, blocks_.evaluate, SaidOfEvaluateBlock(Speaker::kMembers),
             SaidOfEvaluateBlock(Speaker::kBaseline), report_);
  }

  // 0 without trees.
  int MeanRounds(std::size_t member, int left_out) const {
    double sum = 0;
    int folds = 0;
    for (std::size_t fold = 0; fold < rounds_[member].size(); ++fold) {
      if (static_cast<int>(fold) == left_out) continue;
      sum += rounds_[member][fold];
      ++folds;
    }
    return folds == 0 ? 0 : std::max(1, static_cast<int>(std::lround(sum / folds)));
  }

  const TrainingOptions& options_;
  const TrainingRows& rows_;
  const TimeBlocks& blocks_;
  const SiteFolds& folds_;
  const std::function<void()>& after_step_;
  const FrameChoice choice_;
  const RowRange later_;  // from the first calibrate row to the last of all
  // By row of later_, what the fit that has not seen its site says.
  std::vector<double> baselines_;
  std::vector<double> members_;
  std::vector<std::vector<int>> rounds_;  // by member, then by fold
  bool believed_ = true;                  // of the members, whether they are trusted at all
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

int CrossSiteFitSteps(const TrainingOptions& options) {
  if (options.form == MemberForm::kLinear) return 0;
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
