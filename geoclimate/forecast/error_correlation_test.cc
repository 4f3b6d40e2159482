#include "geoclimate/forecast/error_correlation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <random>

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;

const base::LocalDay kAsOf = base::MakeDay(2019, 12, 31);

airquality::SiteId Site(int number) {
  return airquality::SiteId::FromParts(6, 37, static_cast<std::uint32_t>(1000 + number));
}

double At(const ErrorCorrelations& correlations, Pollutant a, Pollutant b) {
  return correlations[static_cast<std::size_t>(airquality::Index(a))]
                     [static_cast<std::size_t>(airquality::Index(b))];
}

struct Made {
  double correlation = 0.7;  // of PM2.5 with NO2
  int days_of_no2 = 800;     // the last ones
  int days_after = 0;        // with values of another kind
};

// Five sites of very different levels, days that depend on nothing before.
features::SiteHistory MakeHistory(const Made& made) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  features::SiteHistory::Builder builder;
  for (int number = 0; number < 5; ++number) {
    airquality::Site site;
    site.id = Site(number);
    builder.AddSite(site);
  }
  for (int number = 0; number < 5; ++number) {
    const double level = std::pow(2.0, number);
    for (int day = -800; day <= made.days_after; ++day) {
      const base::LocalDay at = kAsOf + std::chrono::days(day);
      const double z = normal(random);
      const double other = made.correlation * z +
                           std::sqrt(1 - made.correlation * made.correlation) * normal(random);
      const double sign = day > 0 ? -1 : 1;
      builder.Set(Pollutant::kPm25, Site(number), at,
                  static_cast<float>(level * std::exp(0.4 * z)));
      builder.Set(Pollutant::kO3, Site(number), at,
                  static_cast<float>(0.03 + 0.005 * normal(random)));
      if (day > -made.days_of_no2) {
        builder.Set(Pollutant::kNo2, Site(number), at, static_cast<float>(20 + 5 * sign * other));
      }
    }
  }
  return std::move(builder).Finish();
}

TEST(ErrorCorrelation, FindsHowTwoPollutantsErrorsGoTogether) {
  for (const double correlation : {-0.5, 0.0, 0.8}) {
    const ErrorCorrelations found =
        EstimateErrorCorrelations(MakeHistory({.correlation = correlation}), kAsOf);
    const auto expected = [](double truth) {
      return (730 * truth + kPriorErrorDays * kPriorErrorCorrelation) / (730 + kPriorErrorDays);
    };
    EXPECT_NEAR(At(found, Pollutant::kPm25, Pollutant::kNo2), expected(correlation), 0.08);
    EXPECT_NEAR(At(found, Pollutant::kPm25, Pollutant::kO3), expected(0), 0.08);
    EXPECT_EQ(At(found, Pollutant::kNo2, Pollutant::kPm25),
              At(found, Pollutant::kPm25, Pollutant::kNo2));
    EXPECT_EQ(At(found, Pollutant::kO3, Pollutant::kO3), 1);
  }
}

TEST(ErrorCorrelation, PollutantsThatNeverMetGetThePriorAndFewDaysStayNearIt) {
  const ErrorCorrelations found =
      EstimateErrorCorrelations(MakeHistory({.correlation = 0.95, .days_of_no2 = 12}), kAsOf);
  EXPECT_EQ(At(found, Pollutant::kSo2, Pollutant::kCo), kPriorErrorCorrelation);
  EXPECT_GT(At(found, Pollutant::kPm25, Pollutant::kNo2), kPriorErrorCorrelation);
  EXPECT_LT(At(found, Pollutant::kPm25, Pollutant::kNo2), 0.6);
}

TEST(ErrorCorrelation, NothingAfterTheIssueDayChangesABit) {
  const ErrorCorrelations known = EstimateErrorCorrelations(MakeHistory({.days_after = 0}), kAsOf);
  const features::SiteHistory longer = MakeHistory({.days_after = 200});
  EXPECT_EQ(EstimateErrorCorrelations(longer, kAsOf),
            EstimateErrorCorrelations(longer.KnownAt(kAsOf), kAsOf));
  EXPECT_NE(EstimateErrorCorrelations(longer, kAsOf + std::chrono::days(200)), known);
}

TEST(ErrorCorrelation, TheFactorGivesTheCorrelationsBack) {
  ErrorCorrelations correlations = EqualCorrelations(0.3);
  correlations[0][1] = correlations[1][0] = -0.4;
  const ErrorCorrelations factor = CholeskyFactor(correlations);
  for (std::size_t row = 0; row < factor.size(); ++row) {
    for (std::size_t column = 0; column < factor.size(); ++column) {
      double sum = 0;
      for (std::size_t k = 0; k < factor.size(); ++k) sum += factor[row][k] * factor[column][k];
      EXPECT_NEAR(sum, correlations[row][column], 1e-12);
      if (column > row) {
        EXPECT_EQ(factor[row][column], 0);
      }
    }
  }
}

// PM2.5 goes with NO2, NO2 with O3, and PM2.5 against O3: no three normals do. Each pair meets on
// sites of its own.
TEST(ErrorCorrelation, CorrelationsThatContradictEachOtherAreMadePossible) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  features::SiteHistory::Builder builder;
  for (int number = 0; number < 3; ++number) {
    airquality::Site site;
    site.id = Site(number);
    builder.AddSite(site);
  }
  constexpr std::array<std::array<Pollutant, 2>, 3> kPairs = {{{Pollutant::kPm25, Pollutant::kNo2},
                                                               {Pollutant::kNo2, Pollutant::kO3},
                                                               {Pollutant::kO3, Pollutant::kPm25}}};
  for (int number = 0; number < 3; ++number) {
    const double sign = number == 2 ? -1 : 1;
    for (int day = -800; day <= 0; ++day) {
      const double z = normal(random);
      const base::LocalDay at = kAsOf + std::chrono::days(day);
      const auto pair = kPairs[static_cast<std::size_t>(number)];
      builder.Set(pair[0], Site(number), at, static_cast<float>(20 + 4 * z));
      builder.Set(pair[1], Site(number), at, static_cast<float>(20 + 4 * sign * z));
    }
  }
  const ErrorCorrelations found = EstimateErrorCorrelations(std::move(builder).Finish(), kAsOf);
  EXPECT_GT(At(found, Pollutant::kPm25, Pollutant::kNo2), 0.3);
  EXPECT_LT(At(found, Pollutant::kPm25, Pollutant::kO3), -0.3);
  EXPECT_EQ(CholeskyFactor(found)[0][0], 1);  // it has one
}

}  // namespace
}  // namespace geoclimate::forecast
