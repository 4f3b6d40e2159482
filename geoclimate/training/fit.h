#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/model/forecaster.h"
#include "geoclimate/training/training_options.h"
#include "geoclimate/training/training_rows.h"

namespace geoclimate::training {

struct BlockReport {
  std::size_t rows = 0;
  base::LocalDay first_issue_day;
  base::LocalDay last_valid_day;
};

// One method on the rows of the evaluate block for which every method has a forecast.
struct MethodScore {
  std::string name;
  double rmse = 0;  // EPA units
  double mae = 0;
  double bias = 0;  // mean of forecast - observed
};

struct MemberReport {
  model::MemberTarget target = model::MemberTarget::kResidual;
  int rounds = 0;  // 0: it has no trees
};

// What the fit is worth, on rows that came after everything it was fitted on.
struct FitReport {
  BlockReport fit;
  BlockReport calibrate;
  BlockReport evaluate;
  std::vector<MethodScore> baselines;  // in the order of TrainingRows::baselines
  std::size_t best_baseline = 0;       // index of the one with the lowest RMSE
  MethodScore model;
  MethodScore fallback;
  double skill = 0;           // 1 - MSE(model) / MSE(best baseline)
  double fallback_skill = 0;  // the same of the forecaster without members
  double coverage = 0;        // share of evaluate rows inside p10..p90 of the model
  double fallback_coverage = 0;
  std::vector<MemberReport> members;
  std::size_t scored_rows = 0;

  // Whether the members earn their place: a better RMSE on the evaluate block than each simple
  // baseline and than the forecaster's own.
  bool beats_baselines() const { return skill > 0 && model.rmse < fallback.rmse; }
};

// The forecasters that a report judges: they saw nothing of the evaluate block, the last
// report.evaluate.rows rows.
struct JudgedForecasters {
  model::Forecaster model;
  model::Forecaster fallback;
};

struct TrainedForecaster {
  model::Forecaster model;     // with members
  model::Forecaster fallback;  // the same baseline without members, with its own calibration
  FitReport report;
  std::optional<JudgedForecasters> judged = {};  // with KeepJudged::kYes
};

// Fits a forecaster for the rows' pollutant and lead time. Deterministic: see
// BoostOptions::threads. How far the members are trusted (Forecaster::trust) is what would have had
// the lowest squared error on the blocks that they were not fitted on.
//
// kInvalidArgument for options or rows that do not hold what their headers say; kFailedPrecondition
// when a block would have fewer than BlockOptions::min_rows rows, or no evaluate row a forecast of
// every baseline; kInternal with XGBoost's message
// when it refuses.
//
// `after_step`, if there is one, is called after each of FitSteps() steps, which take about equally
// long, by the calling thread.
base::Result<TrainedForecaster> Fit(const TrainingOptions& options, const TrainingRows& rows,
                                    const std::function<void()>& after_step = nullptr);
int FitSteps(const TrainingOptions& options);

// The same forecaster again on the rows of a later day: the members and the baseline are fitted on
// all of `rows`, for the rounds, with the trust, the calibration and the report that `judged`, a
// result of Fit() with the same options, found. Errors as Fit().
base::Result<TrainedForecaster> Refitted(const TrainingOptions& options,
                                         const TrainedForecaster& judged, const TrainingRows& rows);

}  // namespace geoclimate::training
