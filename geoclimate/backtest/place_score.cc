#include "geoclimate/backtest/place_score.h"

#include <cmath>

namespace geoclimate::backtest {

void PlaceScore::Add(const GivenForecast& given) {
  if (!std::isfinite(given.observed)) return;
  const model::Distribution& said = given.forecast.concentration;
  const double error = double{said.mean} - double{given.observed};
  const double interpolation_error = double{given.interpolation} - double{given.observed};
  ++rows_;
  squares_ += error * error;
  interpolation_squares_ += interpolation_error * interpolation_error;
  const float p10 = said.quantiles[model::kP10];
  const float p90 = said.quantiles[model::kP90];
  inside_ += p10 <= given.observed && given.observed <= p90 ? 1 : 0;
  width_ += double{p90} - double{p10};
}

double PlaceScore::Rmse() const {
  return std::sqrt(squares_ / static_cast<double>(rows_));
}

double PlaceScore::InterpolationRmse() const {
  return std::sqrt(interpolation_squares_ / static_cast<double>(rows_));
}

double PlaceScore::Skill() const {
  return 1 - squares_ / interpolation_squares_;
}

double PlaceScore::Coverage() const {
  return static_cast<double>(inside_) / static_cast<double>(rows_);
}

double PlaceScore::MeanWidth() const {
  return width_ / static_cast<double>(rows_);
}

}  // namespace geoclimate::backtest
