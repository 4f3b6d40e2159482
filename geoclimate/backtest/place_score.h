#pragma once

#include <cstdint>

#include "geoclimate/backtest/issue_pass.h"

namespace geoclimate::backtest {

// How good forecasts of places were where something was measured, beside plain interpolation.
class PlaceScore {
 public:
  // Nothing is counted where nothing was measured.
  void Add(const GivenForecast& given);

  std::uint64_t rows() const { return rows_; }
  // NaN without rows. In the pollutant's EPA unit.
  double Rmse() const;
  double InterpolationRmse() const;
  double Skill() const;      // 1 - MSE / MSE of interpolation
  double Coverage() const;   // share of the rows inside p10..p90
  double MeanWidth() const;  // of p90 - p10

 private:
  std::uint64_t rows_ = 0;
  std::uint64_t inside_ = 0;
  double squares_ = 0;
  double interpolation_squares_ = 0;
  double width_ = 0;
};

}  // namespace geoclimate::backtest
