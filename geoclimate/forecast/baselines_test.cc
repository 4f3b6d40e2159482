#include "geoclimate/forecast/baselines.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>

#include "geoclimate/features/testing/leakage.h"
#include "geoclimate/features/testing/synthetic_history.h"

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;
using airquality::SiteId;
using base::MakeDay;
using features::RowKey;
using features::SiteHistory;
using std::chrono::days;

constexpr std::array<int, 3> kHorizons = {1, 2, 3};

float Of(const BaselineValues& values, Baseline baseline) {
  return values[static_cast<std::size_t>(baseline)];
}

airquality::Site MakeSite(std::uint32_t number, double latitude) {
  airquality::Site site;
  site.id = SiteId::FromParts(1, 1, number);
  site.coordinates = {latitude, -90};
  return site;
}

TEST(Baselines, MeansAndDampingOfAHandMadeSeries) {
  SiteHistory::Builder builder;
  const airquality::Site site = MakeSite(1, 40);
  builder.AddSite(site);
  const base::LocalDay start = MakeDay(2020, 1, 1);
  const std::vector<float> values = {10, 20, 30, 10, 30, 20, 40, 60};
  for (std::size_t i = 0; i < values.size(); ++i) {
    builder.Set(Pollutant::kPm25, site.id, start + days(i), values[i]);
  }
  const SiteHistory history = std::move(builder).Finish();
  const Baselines baselines(history, Pollutant::kPm25, kHorizons);
  const base::LocalDay issued = start + days(5);
  const BaselineValues at = baselines.At({0, issued}, 1);
  EXPECT_EQ(Of(at, Baseline::kPersistence), 20);
  EXPECT_EQ(Of(at, Baseline::kMean7), 20);
  EXPECT_EQ(Of(at, Baseline::kMean30), 20);

  // Valid before 6 January: issued on the 1st to the 4th, of which the 6th's own 20 is not known to
  // the fit. last - mean: 0, 5, 10, -7.5; observed - mean: 10, 15, -10, 12.5.
  const double rho = (0 * 10 + 5 * 15 + 10 * -10 + -7.5 * 12.5) / (0 + 25 + 100 + 56.25);
  EXPECT_LT(rho, 0);
  EXPECT_EQ(baselines.Rho(Baseline::kDampedMean30, issued, 1), 0) << "never against the anomaly";
  EXPECT_EQ(Of(at, Baseline::kDampedMean30), 20);

  // On the 8th also 20 after (30 from 20), and 40 after (20 from 20).
  const double xy = 0 + 75 - 100 - 93.75 + (30 - 20) * (20 - 20) + (20 - 20) * (40 - 20);
  const double xx = 25 + 100 + 56.25 + 100;
  EXPECT_DOUBLE_EQ(baselines.Rho(Baseline::kDampedExpandingMean, start + days(7), 1),
                   std::max(0.0, xy / xx));
  EXPECT_EQ(baselines.Rho(Baseline::kDampedMean30, start, 1), 0) << "nothing to fit on";
}

TEST(Baselines, RhoIsTheRegressionOfTheRowsBeforeTheIssueDay) {
  const SiteHistory history = features::testing::MakeSyntheticHistory({.sites = 8, .days = 800});
  const Baselines baselines(history, Pollutant::kNo2, kHorizons);
  const features::DailyStatistics statistics(history, Pollutant::kNo2);
  for (const int horizon : kHorizons) {
    const base::LocalDay issued = MakeDay(2016, 7, 1);
    double xy = 0;
    double xx = 0;
    for (std::size_t site = 0; site < history.sites().size(); ++site) {
      for (base::LocalDay day = MakeDay(2015, 1, 1); day + days(horizon) < issued; day += days(1)) {
        const float observed = statistics.series(site).At(day + days(horizon));
        const float mean = statistics.Mean(site, day, 30);
        const features::DailyStatistics::Last last = statistics.LastValue(site, day);
        if (std::isnan(observed) || last.age_days < 0 || last.age_days > 6) continue;
        xy += static_cast<double>((last.value - mean) * (observed - mean));
        xx += static_cast<double>((last.value - mean) * (last.value - mean));
      }
    }
    const double rho = baselines.Rho(Baseline::kDampedMean30, issued, horizon);
    EXPECT_NEAR(rho, xy / xx, 1e-5);
    EXPECT_GT(rho, 0.05);
    EXPECT_LT(rho, 0.95);
  }
}

TEST(Baselines, ClimatologyFallsBackToTheFiveNearestThenToTheMean) {
  SiteHistory::Builder builder;
  const base::LocalDay valid = MakeDay(2020, 6, 1);
  // The first has no earlier year, the second no place either; the others stand ever further north.
  for (std::uint32_t i = 0; i < 9; ++i) {
    airquality::Site site = MakeSite(i, 40 + i);
    if (i == 1) site.coordinates.reset();
    builder.AddSite(site);
    if (i < 2) {
      builder.Set(Pollutant::kCo, site.id, valid - days(3), 7);
      builder.Set(Pollutant::kCo, site.id, valid - days(4), 9);
    } else if (i != 3) {
      builder.Set(Pollutant::kCo, site.id, MakeDay(2019, 6, 10), static_cast<float>(i));
    }
  }
  const SiteHistory history = std::move(builder).Finish();
  const Baselines baselines(history, Pollutant::kCo, kHorizons);
  EXPECT_EQ(Of(baselines.At({0, valid - days(1)}, 1), Baseline::kClimatology),
            (2.0F + 4 + 5 + 6 + 7) / 5);
  EXPECT_EQ(Of(baselines.At({1, valid - days(1)}, 1), Baseline::kClimatology), 8);
  EXPECT_EQ(Of(baselines.At({4, valid - days(1)}, 1), Baseline::kClimatology), 4) << "its own";
  EXPECT_EQ(Of(baselines.At({0, valid + days(90)}, 1), Baseline::kClimatology), 8)
      << "no earlier autumn anywhere";
}

TEST(Baselines, EmptyWindowsGiveTheNewestValueAndAnEmptySiteNothing) {
  SiteHistory::Builder builder;
  builder.AddSite(MakeSite(1, 40));
  builder.AddSite(MakeSite(2, 41));
  builder.Set(Pollutant::kSo2, SiteId::FromParts(1, 1, 1), MakeDay(2020, 1, 1), 5);
  const SiteHistory history = std::move(builder).Finish();
  const Baselines baselines(history, Pollutant::kSo2, kHorizons);
  for (const float value : baselines.At({0, MakeDay(2020, 6, 1)}, 2)) EXPECT_EQ(value, 5);
  for (const float value : baselines.At({0, MakeDay(2019, 6, 1)}, 2))
    EXPECT_TRUE(std::isnan(value));
  for (const float value : baselines.At({1, MakeDay(2020, 6, 1)}, 2))
    EXPECT_TRUE(std::isnan(value));
  const Baselines empty(history, Pollutant::kCo, kHorizons);
  for (const float value : empty.At({0, MakeDay(2020, 6, 1)}, 1)) EXPECT_TRUE(std::isnan(value));
}

TEST(Baselines, ColumnsEqualSingleRows) {
  const SiteHistory history = features::testing::MakeSyntheticHistory({.sites = 12, .days = 900});
  const Baselines baselines(history, Pollutant::kO3, kHorizons);
  std::vector<RowKey> keys;
  keys.reserve(500);
  for (std::size_t i = 0; i < 500; ++i) {
    keys.push_back({i * 7 % 12, MakeDay(2015, 1, 1) + days(i * 31 % 900)});
  }
  for (const int horizon : kHorizons) {
    const BaselineColumns columns = baselines.Columns(keys, horizon);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const BaselineValues row = baselines.At(keys[i], horizon);
      for (std::size_t b = 0; b < kBaselineCount; ++b) {
        EXPECT_EQ(std::bit_cast<std::uint32_t>(row[b]),
                  std::bit_cast<std::uint32_t>(columns[b][i]));
      }
    }
  }
}

TEST(Baselines, NoBaselineSeesAnythingAfterTheIssueDay) {
  const SiteHistory history = features::testing::MakeSyntheticHistory({.sites = 12, .days = 900});
  std::vector<features::Feature> names;
  for (const Baseline baseline : kBaselines) {
    names.emplace_back();
    names.back().name = BaselineName(baseline);
  }
  const auto make = [](const SiteHistory& from, std::span<const RowKey> keys) {
    const BaselineColumns columns = Baselines(from, Pollutant::kPm25, kHorizons).Columns(keys, 3);
    std::vector<float> rows;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      for (const std::vector<float>& column : columns) rows.push_back(column[i]);
    }
    return rows;
  };
  const std::vector<base::LocalDay> issue_days = {MakeDay(2015, 3, 1), MakeDay(2016, 2, 29),
                                                  MakeDay(2016, 12, 31)};
  const std::vector<RowKey> keys = features::testing::AllSitesOn(history, issue_days);
  EXPECT_TRUE(features::testing::ColumnsThatSeeTheFuture(history, keys,
                                                         features::FeatureSchema(names), make)
                  .empty());
}

TEST(Baselines, AgreesWithTheFeatureRow) {
  // The forecaster computes its own damped persistence from the row: it must mean the same.
  const SiteHistory history = features::testing::MakeSyntheticHistory({.sites = 6, .days = 400});
  const features::FeatureBuilder builder(history);
  const Baselines baselines(history, Pollutant::kPm25, kHorizons);
  const features::FeatureSchema& schema = features::FeatureBuilder::Schema(Pollutant::kPm25);
  std::vector<float> row(schema.size());
  const auto column = [&](std::string_view name) {
    return row[static_cast<std::size_t>(schema.Find(name))];
  };
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    const RowKey key{site, MakeDay(2016, 1, 1)};
    builder.BuildRow(Pollutant::kPm25, key, row);
    const float mean30 = column(features::FeatureBuilder::Mean30Name(Pollutant::kPm25));
    if (std::isnan(mean30)) continue;
    const BaselineValues at = baselines.At(key, 1);
    EXPECT_EQ(Of(at, Baseline::kPersistence),
              column(features::FeatureBuilder::LastValueName(Pollutant::kPm25)));
    EXPECT_EQ(Of(at, Baseline::kMean30), mean30);
  }
}

}  // namespace
}  // namespace geoclimate::forecast
