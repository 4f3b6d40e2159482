#include "geoclimate/forecast/past_errors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace geoclimate::forecast {
namespace {

using base::MakeDay;
using std::chrono::days;

constexpr base::LocalDay kFirst = MakeDay(2020, 1, 1);

TEST(PastErrors, QuantilesOfAHandfulAreOrderStatistics) {
  // Errors 1 to 10 on the ten days before the 11th: one in ten does not exceed 1, five 5, nine 9.
  std::vector<DatedError> errors;
  for (int i = 0; i < 10; ++i) errors.push_back({kFirst + days(i), static_cast<float>(10 - i)});
  const std::vector<base::LocalDay> issue_days = {kFirst + days(9), kFirst + days(10)};
  const auto quantiles =
      TrailingErrorQuantiles(errors, issue_days, {.window = days(10), .fewest = 10});
  EXPECT_TRUE(std::isnan(quantiles[0][0])) << "nine errors are one too few";
  EXPECT_EQ(quantiles[1], (GivenQuantiles{1, 5, 9}));
}

TEST(PastErrors, TheIssueDayItselfAndWhatCameLaterAreNotKnown) {
  std::vector<DatedError> errors;
  for (int i = 0; i < 100; ++i) errors.push_back({kFirst + days(i), i < 50 ? 1.0F : 100.0F});
  const std::vector<base::LocalDay> issue_days = {kFirst + days(50)};
  const auto quantiles = TrailingErrorQuantiles(errors, issue_days, {});
  EXPECT_EQ(quantiles[0], (GivenQuantiles{1, 1, 1}));
  for (DatedError& error : errors) {
    if (error.valid_day >= issue_days[0]) error.error = -7;
  }
  EXPECT_EQ(TrailingErrorQuantiles(errors, issue_days, {}), quantiles);
}

TEST(PastErrors, SlidingTheWindowEqualsSortingItEachDay) {
  std::mt19937_64 random(5);
  std::vector<DatedError> errors;
  for (int i = 0; i < 4000; ++i) {
    errors.push_back({kFirst + days(random() % 300), static_cast<float>(random() % 50) / 8 - 3});
  }
  std::vector<base::LocalDay> issue_days;
  for (int day = -5; day < 420; day += 1 + static_cast<int>(random() % 3)) {
    issue_days.push_back(kFirst + days(day));
  }
  const PastErrorOptions options = {.window = days(37), .fewest = 20};
  const auto quantiles = TrailingErrorQuantiles(errors, issue_days, options);
  for (std::size_t i = 0; i < issue_days.size(); ++i) {
    std::vector<float> window;
    for (const DatedError& error : errors) {
      if (error.valid_day < issue_days[i] && error.valid_day >= issue_days[i] - options.window) {
        window.push_back(error.error);
      }
    }
    if (window.size() < options.fewest) {
      EXPECT_TRUE(std::isnan(quantiles[i][1]));
      continue;
    }
    std::sort(window.begin(), window.end());
    for (std::size_t level = 0; level < kGivenLevels.size(); ++level) {
      const auto share = [&](float value) {
        return static_cast<double>(std::upper_bound(window.begin(), window.end(), value) -
                                   window.begin()) /
               static_cast<double>(window.size());
      };
      const float quantile = quantiles[i][level];
      EXPECT_GE(share(quantile), kGivenLevels[level] - 1e-9);
      const auto smaller = std::lower_bound(window.begin(), window.end(), quantile);
      if (smaller != window.begin()) {
        EXPECT_LT(share(*(smaller - 1)), kGivenLevels[level]);
      }
    }
  }
}

}  // namespace
}  // namespace geoclimate::forecast
