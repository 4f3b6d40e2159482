#include "geoclimate/forecast/overall_aqi.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "geoclimate/forecast/distribution.h"

namespace geoclimate::forecast {
namespace {

constexpr std::size_t kDimensions = airquality::kPollutantCount;
static_assert(kDimensions % 2 == 0, "normals come in pairs");

double Phi(double z) {
  return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

// The root above 1 of x^(d+1) = x + 1, whose powers give the lattice of M. Roberts, "The
// unreasonable effectiveness of quasirandom sequences" (2018).
double LatticeBase() {
  double x = 2;
  for (int i = 0; i < 64; ++i) x = std::pow(1 + x, 1.0 / (static_cast<double>(kDimensions) + 1));
  return x;
}

std::array<double, kDimensions> NormalPoint(double lattice_base, std::size_t sample) {
  std::array<double, kDimensions> uniform{};
  double step = 1;
  for (double& coordinate : uniform) {
    step /= lattice_base;
    const double at = 0.5 + step * static_cast<double>(sample + 1);
    coordinate = std::clamp(at - std::floor(at), 1e-9, 1 - 1e-9);
  }
  std::array<double, kDimensions> normal{};  // Box and Muller, by pairs
  for (std::size_t i = 0; i < kDimensions; i += 2) {
    const double radius = std::sqrt(-2 * std::log(uniform[i]));
    const double angle = 2 * std::numbers::pi * uniform[i + 1];
    normal[i] = radius * std::cos(angle);
    normal[i + 1] = radius * std::sin(angle);
  }
  return normal;
}

std::size_t TableIndex(const PollutantForecast& forecast) {
  return static_cast<std::size_t>(airquality::Index(forecast.pollutant));
}

}  // namespace

JointLevels::JointLevels(const ErrorCorrelations& correlations) {
  const ErrorCorrelations factor = CholeskyFactor(correlations);
  samples_.reserve(kSamples);
  const double lattice_base = LatticeBase();
  for (std::size_t sample = 0; sample < kSamples; ++sample) {
    const std::array<double, kDimensions> normal = NormalPoint(lattice_base, sample);
    Levels levels{};
    for (std::size_t i = 0; i < levels.size(); ++i) {
      double sum = 0;
      for (std::size_t k = 0; k <= i; ++k) sum += factor[i][k] * normal[k];
      levels[i] = std::clamp(Phi(sum), 1e-6, 1 - 1e-6);
    }
    samples_.push_back(levels);
  }
}

AqiTables NewestAqiTables() {
  AqiTables tables{};
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    tables[static_cast<std::size_t>(airquality::Index(pollutant))] =
        &airquality::NewestTable(pollutant);
  }
  return tables;
}

void FillOverallAqi(const AqiTables& tables, const JointLevels& levels, DayForecast& day) {
  const PollutantForecast& highest =
      *std::ranges::max_element(day.pollutants, {}, &PollutantForecast::aqi);
  day.dominant = highest.pollutant;
  day.aqi = highest.aqi;
  day.aqi_p10 = highest.aqi_p10;
  day.aqi_p90 = highest.aqi_p90;
  day.probability_over_100 = highest.probability_over_100;
  if (day.pollutants.size() == 1) return;

  std::array<std::int32_t, JointLevels::kSamples> highest_of{};
  std::size_t over_100 = 0;
  for (std::size_t sample = 0; sample < highest_of.size(); ++sample) {
    bool any_over_100 = false;
    for (const PollutantForecast& forecast : day.pollutants) {
      const double level = levels.samples()[sample][TableIndex(forecast)];
      highest_of[sample] =
          std::max(highest_of[sample],
                   AqiOf(*tables[TableIndex(forecast)], QuantileAt(forecast.concentration, level)));
      // Not by the sample's AQI: the probability is calibrated apart from the quantiles.
      any_over_100 = any_over_100 || level > 1 - double{forecast.probability_over_100};
    }
    if (any_over_100) ++over_100;
  }
  std::ranges::sort(highest_of);
  day.aqi_p10 = std::min(highest_of[highest_of.size() / 10], day.aqi);
  day.aqi_p90 = std::max(highest_of[highest_of.size() - 1 - highest_of.size() / 10], day.aqi);
  // At least what its likeliest pollutant says, which the samples know only to 1 / kSamples.
  day.probability_over_100 =
      static_cast<float>(over_100) / static_cast<float>(JointLevels::kSamples);
  for (const PollutantForecast& forecast : day.pollutants) {
    day.probability_over_100 = std::max(day.probability_over_100, forecast.probability_over_100);
  }
}

}  // namespace geoclimate::forecast
