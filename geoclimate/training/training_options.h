#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/result.h"
#include "geoclimate/model/forecaster.h"

namespace geoclimate::training {

// How trees are grown (XGBoost's parameter names in brackets). The defaults were chosen by
// backtests of earlier years (docs/adr/0009).
struct BoostOptions {
  double learning_rate = 0.04;  // [eta] smaller: better and slower, needs more rounds
  int max_leaves = 31;          // [max_leaves] with lossguide growth; larger follows noise
  int min_rows_per_leaf = 100;  // [min_child_weight]
  double row_share = 0.7;       // [subsample] of the rows a tree sees, in (0, 1]
  double column_share = 0.5;    // [colsample_bytree] of the features a tree sees, in (0, 1]
  double l2 = 20;               // [lambda] shrinks leaves of few rows
  int max_bins = 128;           // [max_bin] per feature; more is slower and seldom better
  int max_rounds = 400;
  int patience = 50;  // rounds without a better score on the calibrate block before stopping
  // Threads of one fit. With 1 the artifact has the same bytes on every machine; sums of floats
  // depend on the number of threads, so with more it is the same only for the same number. Use the
  // other cores for other fits.
  int threads = 1;
  std::uint32_t seed = 20240521;

  base::Result<void> Validate() const;
};

// The linear part of members: ridge.h.
struct LinearOptions {
  double l2 = 0.05;  // above 0; larger trusts each input less
  // Standard deviations beyond which an input says no more; above 0. Smaller is safer where the
  // rows to come are unlike those fitted on, larger follows smoke.
  double bound = 4;

  base::Result<void> Validate() const;
};

// By airquality::Index().
using LinearByPollutant = std::array<LinearOptions, airquality::kPollutantCount>;
// What the pollutants differ in (docs/adr/0009).
LinearByPollutant DefaultLinear();

// By airquality::Index(): so many times as many rows a leaf must have, and is it shrunk by
// (BoostOptions::min_rows_per_leaf and l2). Above 0; larger where rows are many, and the same on
// neighbouring sites.
using LeafScaleByPollutant = std::array<double, airquality::kPollutantCount>;
// What the pollutants differ in (docs/adr/0009).
LeafScaleByPollutant DefaultLeafScale();

// What a member is made of.
enum class MemberForm : std::uint8_t {
  kTrees,
  kLinear,
  kLinearAndTrees,  // trees fitted to what the linear part leaves over
};

// Shares of the rows, in the order of their issue day: first fit, then calibrate (early stopping
// and conformal offsets), then evaluate, which nothing is fitted on before the report is written.
struct BlockOptions {
  double calibrate_share = 0.2;
  double evaluate_share = 0.2;
  int min_rows = 200;  // in each block; with fewer there is no fit

  base::Result<void> Validate() const;
};

// How the spread of errors is learnt (spread.h). Its trees are small: errors say much less of their
// size than values of their level. Chosen on PM2.5's errors of 2018 and 2019.
struct SpreadOptions {
  BoostOptions boost = {.learning_rate = 0.1,
                        .max_leaves = 8,
                        .min_rows_per_leaf = 200,
                        .row_share = 0.5,
                        .column_share = 0.3,
                        .max_bins = 64,
                        .max_rounds = 60};
  // Added to an error, in units of the spread that grows with the mean alone, before its logarithm
  // is taken. Smaller lets the errors that happen to be nearly zero say more.
  double log_offset = 0.1;
  // With fewer rows of errors the spread has no trees.
  int min_rows = 2000;

  base::Result<void> Validate() const;
};

enum class Refit : std::uint8_t {
  kEveryRow,  // after the report: the found number of rounds again over all rows. What is
              // published.
  kNone,      // the forecaster that the report judges. For tests.
};

// Whether TrainedForecaster::judged is handed out beside what is published: for model cards.
enum class KeepJudged : std::uint8_t { kNo, kYes };

struct TrainingOptions {
  BoostOptions boost;
  LinearByPollutant linear = DefaultLinear();
  LeafScaleByPollutant leaf_scale = DefaultLeafScale();
  BlockOptions blocks;
  // Their forecasts are averaged. One of normalized residuals does as well as three targets did
  // without linear parts (docs/adr/0009).
  std::vector<model::MemberTarget> members = {model::MemberTarget::kNormalizedResidual};
  MemberForm form = MemberForm::kLinearAndTrees;  // of every member
  // Member's scale_offset as a share of the mean target of the fit block: keeps quotients and
  // logarithms tame near zero.
  double scale_offset_share = 0.5;
  SpreadOptions spread;
  Refit refit = Refit::kEveryRow;
  KeepJudged keep_judged = KeepJudged::kNo;  // changes nothing else

  // How the members' trees of a pollutant are grown: `boost` with the pollutant's leaves.
  BoostOptions BoostOf(airquality::Pollutant pollutant) const;

  base::Result<void> Validate() const;
};

}  // namespace geoclimate::training
