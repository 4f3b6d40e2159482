#include "geoclimate/features/daily_statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "geoclimate/features/testing/synthetic_history.h"

namespace geoclimate::features {
namespace {

using airquality::Pollutant;
using base::MakeDay;
using std::chrono::days;

// The plain meaning of the words, slowly.
class Reference {
 public:
  explicit Reference(SiteHistory::Series series) : series_(series) {}

  template <typename Wanted>
  float MeanWhere(Wanted wanted) const {
    double sum = 0;
    int count = 0;
    for (std::size_t i = 0; i < series_.values.size(); ++i) {
      const base::LocalDay day = series_.first_day + days(i);
      if (std::isnan(series_.values[i]) || !wanted(day)) continue;
      sum += static_cast<double>(series_.values[i]);
      ++count;
    }
    return count == 0 ? NAN : static_cast<float>(sum / count);
  }

 private:
  SiteHistory::Series series_;
};

void ExpectNear(float actual, float expected) {
  EXPECT_EQ(std::isnan(actual), std::isnan(expected));
  if (std::isnan(expected)) return;
  EXPECT_NEAR(actual, expected, 1e-5 * std::abs(expected) + 1e-9);
}

TEST(DailyStatistics, AgreesWithTheDefinitionOnRandomHistories) {
  const SiteHistory history = testing::MakeSyntheticHistory({.sites = 6, .days = 1500});
  for (const Pollutant pollutant : {Pollutant::kPm25, Pollutant::kO3}) {
    const DailyStatistics statistics(history, pollutant);
    for (std::size_t site = 0; site < history.sites().size(); ++site) {
      const Reference reference(history.Get(pollutant, site));
      for (int offset = -10; offset < 1600; offset += 7) {
        const base::LocalDay day = MakeDay(2015, 1, 1) + days(offset);
        ExpectNear(statistics.Mean(site, day, 30), reference.MeanWhere([&](base::LocalDay d) {
          return d <= day && d > day - days(30);
        }));
        ExpectNear(statistics.ExpandingMean(site, day),
                   reference.MeanWhere([&](base::LocalDay d) { return d <= day; }));
        const std::chrono::year_month_day date(day);
        ExpectNear(statistics.SeasonalMean(site, day), reference.MeanWhere([&](base::LocalDay d) {
          for (int years = 1; years < 10; ++years) {
            std::chrono::year_month_day middle = date - std::chrono::years(years);
            if (!middle.ok()) middle = middle.year() / middle.month() / std::chrono::last;
            if (d >= base::LocalDay(middle) - days(15) && d <= base::LocalDay(middle) + days(15)) {
              return true;
            }
          }
          return false;
        }));
      }
    }
  }
}

TEST(DailyStatistics, TheNewestValueMayBeOld) {
  SiteHistory::Builder builder;
  airquality::Site site;
  site.id = airquality::SiteId::FromParts(1, 1, 1);
  builder.AddSite(site);
  builder.Set(Pollutant::kSo2, site.id, MakeDay(2020, 1, 1), 3);
  builder.Set(Pollutant::kSo2, site.id, MakeDay(2020, 3, 1), -1);
  const SiteHistory history = std::move(builder).Finish();
  const DailyStatistics statistics(history, Pollutant::kSo2);
  EXPECT_EQ(statistics.LastValue(0, MakeDay(2020, 2, 29)).value, 3);
  EXPECT_EQ(statistics.LastValue(0, MakeDay(2020, 2, 29)).age_days, 59);
  EXPECT_EQ(statistics.LastValue(0, MakeDay(2020, 3, 1)).value, -1);
  EXPECT_EQ(statistics.LastValue(0, MakeDay(2021, 3, 1)).age_days, 365);
  EXPECT_EQ(statistics.LastValue(0, MakeDay(2019, 12, 31)).age_days, -1);
  EXPECT_TRUE(std::isnan(statistics.LastValue(0, MakeDay(2019, 12, 31)).value));
  EXPECT_TRUE(std::isnan(statistics.Mean(0, MakeDay(2020, 2, 29), 30)));
  EXPECT_EQ(statistics.Mean(0, MakeDay(2020, 3, 1), 61), 1) << "both days are in";
  EXPECT_EQ(statistics.Mean(0, MakeDay(2020, 3, 1), 60), -1);
}

}  // namespace
}  // namespace geoclimate::features
