#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "geoclimate/model/forecaster.h"
#include "geoclimate/model/linear_score.h"
#include "geoclimate/training/time_blocks.h"
#include "geoclimate/training/training_options.h"
#include "geoclimate/training/training_rows.h"

namespace geoclimate::training {

// Ridge regressions (A. Hoerl and R. Kennard, Technometrics 12(1), 1970) of several targets on the
// same rows: what of a target is linear in the standardized inputs of model::LinearScore.
//
// Inputs are the columns in the pollutant's own unit, as departures from the reference mean or as
// shares of it, and every other column but places, distances and counts of days or sites: a line
// through these says nonsense where no row was. A column without two different values is no input.
//
// The penalty is options.l2 a row and standardized input; the intercept has none. Deterministic.
class Ridge {
 public:
  // From the rows of `range`, not empty; `rows` must outlive it. `frame` has the baseline of
  // what is to be fitted, `scale_offset` is its members'.
  Ridge(const LinearOptions& options, const TrainingRows& rows, RowRange range,
        const model::Forecaster& frame, double scale_offset);

  // `labels`: a score for each row of the range.
  model::LinearScore Fit(std::span<const float> labels) const;

 private:
  void ChooseInputs(const model::Forecaster& frame);
  void Standardize();
  void Factorize();
  // The z of a row, one a term.
  void WriteInputs(std::size_t row, std::span<double> z) const;
  std::vector<double> Solve(std::vector<double> right) const;

  const LinearOptions options_;
  const TrainingRows& rows_;
  const RowRange range_;
  const double scale_offset_;
  std::vector<double> references_;  // by row of the range
  std::vector<model::LinearTerm> terms_;
  std::vector<double> means_;   // of z, by term
  std::vector<double> factor_;  // lower Cholesky factor of the penalized products of z, by columns
};

}  // namespace geoclimate::training
