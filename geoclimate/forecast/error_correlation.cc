#include "geoclimate/forecast/error_correlation.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/features/daily_statistics.h"

namespace geoclimate::forecast {
namespace {

using airquality::kPollutantCount;
using std::chrono::days;

constexpr int kDays = 730;
constexpr int kMeanDays = 30;

// A day's error at a site, in the order of (site, day).
struct SiteDayError {
  std::size_t site;
  int day;  // of the two years
  double error;
};

struct Step {
  std::size_t site;
  int day;
  double mean;       // of the 30 days before
  double departure;  // of the day before from it
  double next;       // of the day from it
};

std::vector<Step> StepsOf(const features::SiteHistory& history, airquality::Pollutant pollutant,
                          base::LocalDay as_of) {
  const features::DailyStatistics statistics(history, pollutant);
  std::vector<Step> steps;
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    const features::SiteHistory::Series series = history.Get(pollutant, site);
    if (series.empty()) continue;
    for (int day = 0; day < kDays; ++day) {
      const base::LocalDay at = as_of - days(kDays - 1 - day);
      const float today = series.At(at);
      const float before = series.At(at - days(1));
      if (!std::isfinite(today) || !std::isfinite(before)) continue;
      const auto mean = static_cast<double>(statistics.Mean(site, at - days(1), kMeanDays));
      steps.push_back({site, day, mean, double{before} - mean, double{today} - mean});
    }
  }
  return steps;
}

std::vector<SiteDayError> ErrorsOf(const features::SiteHistory& history,
                                   airquality::Pollutant pollutant, base::LocalDay as_of) {
  const std::vector<Step> steps = StepsOf(history, pollutant, as_of);
  double product = 0;
  double square = 0;
  double level = 0;
  for (const Step& step : steps) {
    product += step.departure * step.next;
    square += step.departure * step.departure;
    level += std::abs(step.mean) / static_cast<double>(steps.size());
  }
  const double rho = square > 0 ? std::clamp(product / square, 0.0, 1.0) : 0;
  std::vector<SiteDayError> errors;
  errors.reserve(steps.size());
  for (const Step& step : steps) {
    const double scale = std::abs(step.mean) + level;
    if (scale <= 0) continue;
    errors.push_back({step.site, step.day, (step.next - rho * step.departure) / scale});
  }
  return errors;
}

// 1 for the smallest; equal values share their mean rank.
std::vector<double> RanksOf(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(values[i], i); });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double rank = (static_cast<double>(begin + end) + 1) / 2;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
    begin = end;
  }
  return ranks;
}

// Nothing when either does not vary.
std::optional<double> Spearman(std::span<const double> a, std::span<const double> b) {
  const std::vector<double> ranks_a = RanksOf(a);
  const std::vector<double> ranks_b = RanksOf(b);
  const double mean = (static_cast<double>(a.size()) + 1) / 2;
  double product = 0;
  double square_a = 0;
  double square_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += (ranks_a[i] - mean) * (ranks_b[i] - mean);
    square_a += (ranks_a[i] - mean) * (ranks_a[i] - mean);
    square_b += (ranks_b[i] - mean) * (ranks_b[i] - mean);
  }
  if (square_a <= 0 || square_b <= 0) return std::nullopt;
  return product / std::sqrt(square_a * square_b);
}

double CorrelationOf(std::span<const SiteDayError> a, std::span<const SiteDayError> b) {
  std::vector<double> of_a;
  std::vector<double> of_b;
  std::vector<bool> seen(kDays);
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    const auto at_a = std::pair(i->site, i->day);
    const auto at_b = std::pair(j->site, j->day);
    if (at_a == at_b) {
      of_a.push_back(i->error);
      of_b.push_back(j->error);
      seen[static_cast<std::size_t>(i->day)] = true;
    }
    if (at_a <= at_b) ++i;
    if (at_b <= at_a) ++j;
  }
  const std::optional<double> spearman = Spearman(of_a, of_b);
  if (!spearman) return kPriorErrorCorrelation;
  const auto n = static_cast<double>(std::ranges::count(seen, true));
  const double correlation = 2 * std::sin(std::numbers::pi * *spearman / 6);
  return (n * correlation + kPriorErrorDays * kPriorErrorCorrelation) / (n + kPriorErrorDays);
}

constexpr double kSmallestPivot = 1e-3;

// Nothing where there is none, or hardly one; a pivot that is not a number is not above 0 either.
std::optional<ErrorCorrelations> TryFactor(const ErrorCorrelations& correlations) {
  constexpr int kRows = airquality::kPollutantCount;
  using Matrix = Eigen::Matrix<double, kRows, kRows, Eigen::RowMajor>;
  const Eigen::LLT<Matrix> llt(Eigen::Map<const Matrix>(correlations.front().data()));
  if (llt.info() != Eigen::Success) return std::nullopt;
  const Matrix lower = llt.matrixL();
  if (!(lower.diagonal().array() > kSmallestPivot).all()) return std::nullopt;
  ErrorCorrelations factor{};
  Eigen::Map<Matrix>(factor.front().data()) = lower;
  return factor;
}

}  // namespace

ErrorCorrelations EqualCorrelations(double correlation) {
  ErrorCorrelations correlations{};
  for (std::size_t row = 0; row < correlations.size(); ++row) {
    correlations[row].fill(correlation);
    correlations[row][row] = 1;
  }
  return correlations;
}

ErrorCorrelations EstimateErrorCorrelations(const features::SiteHistory& history,
                                            base::LocalDay as_of) {
  std::array<std::vector<SiteDayError>, kPollutantCount> errors;
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    errors[static_cast<std::size_t>(airquality::Index(pollutant))] =
        ErrorsOf(history, pollutant, as_of);
  }
  ErrorCorrelations correlations = EqualCorrelations(0);
  for (std::size_t row = 0; row < correlations.size(); ++row) {
    for (std::size_t column = 0; column < row; ++column) {
      correlations[row][column] = CorrelationOf(errors[row], errors[column]);
      correlations[column][row] = correlations[row][column];
    }
  }
  while (!TryFactor(correlations)) {
    for (std::size_t row = 0; row < correlations.size(); ++row) {
      for (std::size_t column = 0; column < correlations.size(); ++column) {
        if (row != column) correlations[row][column] *= 0.95;
      }
    }
  }
  return correlations;
}

bool ArePositiveDefinite(const ErrorCorrelations& correlations) {
  return TryFactor(correlations).has_value();
}

ErrorCorrelations CholeskyFactor(const ErrorCorrelations& correlations) {
  const std::optional<ErrorCorrelations> factor = TryFactor(correlations);
  GC_CHECK(factor.has_value(), "correlations are positive definite");
  return *factor;
}

}  // namespace geoclimate::forecast
