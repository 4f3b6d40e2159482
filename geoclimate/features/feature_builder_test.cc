#include "geoclimate/features/feature_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "geoclimate/features/testing/leakage.h"
#include "geoclimate/features/testing/synthetic_history.h"

namespace geoclimate::features {
namespace {

using airquality::Pollutant;
using base::MakeDay;
using ::testing::IsEmpty;

// EXPECT_EQ of rows: bits, so that NaN equals NaN.
bool SameBits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

// Reads features of a row by name.
class Row {
 public:
  Row(const SiteHistory& history, Pollutant pollutant, const RowKey& key)
      : schema_(FeatureBuilder::Schema(pollutant)), values_(schema_.size()) {
    FeatureBuilder(history).BuildRow(pollutant, key, values_);
  }
  float operator[](std::string_view name) const {
    const int column = schema_.Find(name);
    EXPECT_GE(column, 0) << name;
    return values_[static_cast<std::size_t>(std::max(column, 0))];
  }

 private:
  const FeatureSchema& schema_;
  std::vector<float> values_;
};

airquality::Site MakeSite(std::uint32_t number, std::optional<airquality::Coordinates> where) {
  airquality::Site site;
  site.id = airquality::SiteId::FromParts(36, 5, number);
  site.coordinates = where;
  return site;
}

TEST(FeatureBuilder, EachPollutantHasASchemaWithItsOwnNames) {
  for (const Pollutant pollutant : airquality::kPollutants) {
    const FeatureSchema& schema = FeatureBuilder::Schema(pollutant);
    EXPECT_GE(schema.size(), 60u);
    EXPECT_LE(schema.size(), 90u);
    EXPECT_TRUE(FeatureSchema::Validate(schema.features()).ok());
    EXPECT_GE(schema.Find(FeatureBuilder::LastValueName(pollutant)), 0);
    EXPECT_GE(schema.Find(FeatureBuilder::Mean30Name(pollutant)), 0);
    EXPECT_GE(schema.Find(FeatureBuilder::ExpandingMeanName(pollutant)), 0);
    const bool has_year = schema.Find("year_sin") >= 0;
    EXPECT_EQ(has_year, pollutant != Pollutant::kO3 && pollutant != Pollutant::kPm25)
        << airquality::Name(pollutant);
    for (const Feature& feature : schema.features()) EXPECT_LT(feature.min, feature.max);
  }
  EXPECT_GE(FeatureBuilder::Schema(Pollutant::kPm25).Find("pm25_lag0_ug_m3"), 0);
  EXPECT_GE(FeatureBuilder::Schema(Pollutant::kPm25).Find("o3_last_ppm"), 0);
  EXPECT_EQ(FeatureBuilder::Mean30Name(Pollutant::kNo2), "no2_mean30_ppb");
}

TEST(FeatureBuilder, OwnValuesOfAHandMadeSeries) {
  SiteHistory::Builder builder;
  const airquality::Site site = MakeSite(1, std::nullopt);
  builder.AddSite(site);
  // 2020-06-01 is a Monday. Nothing on the issue day, 10, 13 and 19 before it; a year before, 40
  // and 44.
  builder.Set(Pollutant::kPm25, site.id, MakeDay(2020, 5, 31), 10);
  builder.Set(Pollutant::kPm25, site.id, MakeDay(2020, 5, 30), 13);
  builder.Set(Pollutant::kPm25, site.id, MakeDay(2020, 5, 20), 19);
  builder.Set(Pollutant::kPm25, site.id, MakeDay(2019, 6, 16), 40);
  builder.Set(Pollutant::kPm25, site.id, MakeDay(2019, 5, 17), 44);
  builder.Set(Pollutant::kPm25, site.id, MakeDay(2019, 5, 16), 100);
  builder.Set(Pollutant::kPm25, site.id, MakeDay(2019, 6, 17), 100);
  const SiteHistory history = std::move(builder).Finish();
  const Row row(history, Pollutant::kPm25, {0, MakeDay(2020, 6, 1)});

  EXPECT_TRUE(std::isnan(row["pm25_lag0_ug_m3"]));
  EXPECT_EQ(row["pm25_lag1_ug_m3"], 10);
  EXPECT_EQ(row["pm25_lag2_ug_m3"], 13);
  EXPECT_TRUE(std::isnan(row["pm25_lag14_ug_m3"]));
  EXPECT_EQ(row["pm25_last_ug_m3"], 10);
  EXPECT_EQ(row["pm25_age_days"], 1);
  EXPECT_EQ(row["pm25_mean3_ug_m3"], 11.5F);
  EXPECT_FLOAT_EQ(row["pm25_std3_ug_m3"], std::sqrt(4.5F));
  EXPECT_EQ(row["pm25_count7_days"], 2);
  EXPECT_EQ(row["pm25_mean14_ug_m3"], 14);
  EXPECT_FLOAT_EQ(row["pm25_std14_ug_m3"], std::sqrt(21.0F));
  EXPECT_EQ(row["pm25_max30_ug_m3"], 19);
  EXPECT_EQ(row["pm25_min30_ug_m3"], 10);
  EXPECT_EQ(row["pm25_count90_days"], 3);
  EXPECT_FLOAT_EQ(row["pm25_mean_all_ug_m3"], 326.0F / 7);
  EXPECT_EQ(row["pm25_season_ug_m3"], 42) << "15 days before and after, and no further";
  EXPECT_TRUE(std::isnan(row["pm25_change1_ug_m3"]));
  EXPECT_EQ(row["pm25_trend_ug_m3"], 11.5F - 14);
  EXPECT_EQ(row["week_sin"], 0);
  EXPECT_EQ(row["week_cos"], 1);
  EXPECT_TRUE(std::isnan(row["latitude_degrees"]));
  EXPECT_TRUE(std::isnan(row["pm25_near400_ug_m3"]));
}

TEST(FeatureBuilder, ASiteWithoutAnyValueHasARowOfMissingValues) {
  SiteHistory::Builder builder;
  builder.AddSite(MakeSite(1, std::nullopt));
  const SiteHistory history = std::move(builder).Finish();
  const Row row(history, Pollutant::kNo2, {0, MakeDay(2020, 6, 1)});
  EXPECT_TRUE(std::isnan(row["no2_last_ppb"]));
  EXPECT_TRUE(std::isnan(row["no2_age_days"]));
  EXPECT_TRUE(std::isnan(row["no2_mean90_ppb"]));
  EXPECT_EQ(row["no2_count90_days"], 0);
  EXPECT_TRUE(std::isnan(row["no2_mean_all_ppb"]));
  EXPECT_TRUE(std::isnan(row["no2_season_ppb"]));
}

TEST(FeatureBuilder, StatisticsOfAConstantSeriesAreExact) {
  SiteHistory::Builder builder;
  const airquality::Site site = MakeSite(1, std::nullopt);
  builder.AddSite(site);
  for (int day = 0; day < 400; ++day) {
    builder.Set(Pollutant::kO3, site.id, MakeDay(2020, 1, 1) + std::chrono::days(day), 0.037F);
  }
  const SiteHistory history = std::move(builder).Finish();
  const Row row(history, Pollutant::kO3, {0, MakeDay(2020, 12, 31)});
  EXPECT_EQ(row["o3_mean90_ppm"], 0.037F);
  EXPECT_EQ(row["o3_std90_ppm"], 0);
  EXPECT_EQ(row["o3_mean_all_ppm"], 0.037F);
}

TEST(FeatureBuilder, NeighboursByDistanceAndDirection) {
  SiteHistory::Builder builder;
  const std::vector<airquality::Site> sites = {
      MakeSite(1, airquality::Coordinates{40, -75}),
      MakeSite(2, airquality::Coordinates{40.36, -75}),   // 40 km north
      MakeSite(3, airquality::Coordinates{40, -73.826}),  // 100 km east
      MakeSite(4, airquality::Coordinates{37.3, -75}),    // 300 km south
      MakeSite(5, airquality::Coordinates{35, -75}),      // too far
  };
  for (const airquality::Site& site : sites) builder.AddSite(site);
  const base::LocalDay day = MakeDay(2020, 6, 1);
  const auto set = [&](std::size_t site, int before, float value) {
    builder.Set(Pollutant::kPm25, sites[site].id, day - std::chrono::days(before), value);
  };
  set(1, 0, 8);
  set(1, 1, 6);
  set(2, 0, 20);
  set(3, 0, 2);
  set(4, 0, 1000);
  set(3, 1, 5);
  const SiteHistory history = std::move(builder).Finish();
  const Row row(history, Pollutant::kPm25, {0, day});

  const double north = airquality::DistanceKm(*sites[0].coordinates, *sites[1].coordinates);
  const double east = airquality::DistanceKm(*sites[0].coordinates, *sites[2].coordinates);
  EXPECT_EQ(row["pm25_near50_ug_m3"], 8);
  EXPECT_NEAR(row["pm25_near150_ug_m3"], (8 / north + 20 / east) / (1 / north + 1 / east), 1e-4);
  EXPECT_EQ(row["pm25_near50_lag1_ug_m3"], 6);
  EXPECT_EQ(row["pm25_near150_lag1_ug_m3"], 6);
  EXPECT_EQ(row["pm25_nearest5_mean_ug_m3"], 10);
  EXPECT_EQ(row["pm25_nearest5_max_ug_m3"], 20);
  EXPECT_EQ(row["pm25_nearest5_change_ug_m3"], (2.0F - 3.0F) / 2);
  EXPECT_NEAR(row["pm25_nearest_km"], north, 1e-3);
  EXPECT_EQ(row["pm25_near150_sites"], 2);
  EXPECT_NEAR(row["pm25_near150_anomaly_ug_m3"], (1 / north) / (1 / north + 1 / east), 1e-5)
      << "the northern one is 1 over its mean, the eastern one has nothing but today";
  EXPECT_EQ(row["pm25_north_ug_m3"], 8);
  EXPECT_EQ(row["pm25_east_ug_m3"], 20);
  EXPECT_EQ(row["pm25_south_ug_m3"], 2);
  EXPECT_TRUE(std::isnan(row["pm25_west_ug_m3"]));
}

TEST(FeatureBuilder, OtherPollutantsComeFromTheNearestSiteThatHasThem) {
  SiteHistory::Builder builder;
  const airquality::Site here = MakeSite(1, airquality::Coordinates{40, -75});
  const airquality::Site near = MakeSite(2, airquality::Coordinates{40.1, -75});
  const airquality::Site far = MakeSite(3, airquality::Coordinates{40.3, -75});
  for (const airquality::Site& site : {here, near, far}) builder.AddSite(site);
  const base::LocalDay day = MakeDay(2020, 6, 1);
  builder.Set(Pollutant::kO3, here.id, day - std::chrono::days(7), 0.09F);
  builder.Set(Pollutant::kO3, near.id, day - std::chrono::days(1), 0.03F);
  builder.Set(Pollutant::kO3, near.id, day - std::chrono::days(6), 0.05F);
  builder.Set(Pollutant::kCo, here.id, day, 0.4F);
  builder.Set(Pollutant::kCo, near.id, day, 0.9F);
  builder.Set(Pollutant::kNo2, far.id, day, 12);
  const SiteHistory history = std::move(builder).Finish();
  const Row row(history, Pollutant::kPm25, {0, day});
  EXPECT_EQ(row["o3_last_ppm"], 0.03F) << "the site's own is older than 7 days";
  EXPECT_FLOAT_EQ(row["o3_mean7_ppm"], 0.04F);
  EXPECT_EQ(row["co_last_ppm"], 0.4F);
  EXPECT_TRUE(std::isnan(row["no2_last_ppb"])) << "33 km away";
}

TEST(FeatureBuilder, ASingleRowEqualsItsRowInAnyBatchBitForBit) {
  const SiteHistory history = testing::MakeSyntheticHistory();
  const FeatureBuilder builder(history);
  constexpr int kRows = 600;
  std::vector<RowKey> keys;
  keys.reserve(kRows);
  std::mt19937_64 random(7);
  for (int i = 0; i < kRows; ++i) {
    // Days repeat, so that some share a snapshot, and reach beyond both ends.
    keys.push_back({random() % history.sites().size(),
                    MakeDay(2014, 12, 25) + std::chrono::days(random() % 130 * 10)});
  }
  for (const Pollutant pollutant : airquality::kPollutants) {
    const FeatureMatrix one = builder.Build(pollutant, keys, 1);
    EXPECT_TRUE(SameBits(one.values, builder.Build(pollutant, keys, 3).values));
    std::vector<float> row(one.columns);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      std::fill(row.begin(), row.end(), -1.0F);
      builder.BuildRow(pollutant, keys[i], row);
      ASSERT_TRUE(SameBits(row, one.Row(i))) << i;
    }
    std::vector<RowKey> some(keys.rbegin(), keys.rbegin() + 50);
    const FeatureMatrix reversed = builder.Build(pollutant, some, 2);
    for (std::size_t i = 0; i < some.size(); ++i) {
      ASSERT_TRUE(SameBits(reversed.Row(i), one.Row(keys.size() - 1 - i))) << i;
    }
  }
  EXPECT_EQ(builder.Build(Pollutant::kPm25, {}, 4).rows, 0u);
}

TEST(FeatureBuilder, NoFeatureSeesAnythingAfterTheIssueDay) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const SiteHistory history =
        testing::MakeSyntheticHistory({.seed = seed, .sites = 16, .days = 900});
    const std::vector<base::LocalDay> days = {MakeDay(2015, 1, 20), MakeDay(2016, 2, 29),
                                              MakeDay(2016, 12, 31), MakeDay(2017, 6, 1)};
    const std::vector<RowKey> keys = testing::AllSitesOn(history, days);
    for (const Pollutant pollutant : airquality::kPollutants) {
      EXPECT_THAT(testing::ColumnsThatSeeTheFuture(history, keys, FeatureBuilder::Schema(pollutant),
                                                   testing::BuilderRows(pollutant)),
                  IsEmpty());
    }
  }
}

TEST(FeatureBuilder, APlantedFutureColumnIsCaught) {
  const SiteHistory history = testing::MakeSyntheticHistory({.sites = 8, .days = 500});
  std::vector<Feature> features = FeatureBuilder::Schema(Pollutant::kPm25).features();
  Feature planted;
  planted.name = "pm25_tomorrow_ug_m3";
  features.push_back(planted);
  const FeatureSchema schema(features);
  const auto make = [](const SiteHistory& from, std::span<const RowKey> keys) {
    const FeatureMatrix honest = FeatureBuilder(from).Build(Pollutant::kPm25, keys, 1);
    std::vector<float> rows;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      rows.insert(rows.end(), honest.Row(i).begin(), honest.Row(i).end());
      rows.push_back(
          from.Get(Pollutant::kPm25, keys[i].site).At(keys[i].issue_day + std::chrono::days(1)));
    }
    return rows;
  };
  const std::vector<base::LocalDay> days = {MakeDay(2015, 11, 1)};
  EXPECT_THAT(
      testing::ColumnsThatSeeTheFuture(history, testing::AllSitesOn(history, days), schema, make),
      ::testing::ElementsAre("pm25_tomorrow_ug_m3"));
}

TEST(FeatureBuilder, ASiteThatReportsLaterChangesNoEarlierRow) {
  const SiteHistory history = testing::MakeSyntheticHistory({.sites = 10, .days = 300});
  SiteHistory::Builder with_newcomer;
  for (const airquality::Site& site : history.sites()) with_newcomer.AddSite(site);
  const airquality::Site newcomer = MakeSite(9999, history.sites()[1].coordinates);
  with_newcomer.AddSite(newcomer);
  for (const Pollutant pollutant : airquality::kPollutants) {
    for (std::size_t site = 0; site < history.sites().size(); ++site) {
      const SiteHistory::Series series = history.Get(pollutant, site);
      for (std::size_t i = 0; i < series.values.size(); ++i) {
        if (std::isnan(series.values[i])) continue;
        with_newcomer.Set(pollutant, history.sites()[site].id,
                          series.first_day + std::chrono::days(i), series.values[i]);
      }
    }
    with_newcomer.Set(pollutant, newcomer.id, MakeDay(2015, 9, 1), 5);
  }
  const SiteHistory later = std::move(with_newcomer).Finish();
  const FeatureBuilder before(history);
  const FeatureBuilder after(later);
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    const std::size_t moved = *later.FindSite(history.sites()[site].id);
    const std::vector<RowKey> key = {{site, MakeDay(2015, 8, 31)}};
    const std::vector<RowKey> moved_key = {{moved, MakeDay(2015, 8, 31)}};
    EXPECT_TRUE(SameBits(before.Build(Pollutant::kPm25, key, 1).values,
                         after.Build(Pollutant::kPm25, moved_key, 1).values));
  }
}

}  // namespace
}  // namespace geoclimate::features
