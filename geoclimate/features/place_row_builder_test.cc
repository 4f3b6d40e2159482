#include "geoclimate/features/place_row_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "geoclimate/features/testing/leakage.h"
#include "geoclimate/features/testing/synthetic_history.h"

namespace geoclimate::features {
namespace {

using airquality::Pollutant;

const base::LocalDay kDay = base::MakeDay(2020, 6, 10);

airquality::Site SiteAt(std::uint32_t number, double latitude, double longitude) {
  airquality::Site site;
  site.id = airquality::SiteId::FromParts(6, 1, number);
  site.coordinates = airquality::Coordinates{latitude, longitude};
  return site;
}

float Column(const FeatureMatrix& rows, std::size_t row, Pollutant pollutant,
             std::string_view name) {
  const int column = PlaceSchema(pollutant).Find(name);
  EXPECT_GE(column, 0) << name;
  return rows.Row(row)[static_cast<std::size_t>(column)];
}

// A silent place, a site 0.1 degrees (11.1 km) north of it that says 10, one 0.2 degrees east.
SiteHistory ThreeSites() {
  SiteHistory::Builder builder;
  for (const airquality::Site& site : {SiteAt(1, 0, 0), SiteAt(2, 0.1, 0), SiteAt(3, 0, 0.2)}) {
    builder.AddSite(site);
  }
  for (int ago = 0; ago < 10; ++ago) {
    builder.Set(Pollutant::kPm25, SiteAt(2, 0, 0).id, kDay - std::chrono::days(ago), 10);
    builder.Set(Pollutant::kPm25, SiteAt(3, 0, 0).id, kDay - std::chrono::days(ago + 2), 20);
  }
  builder.Set(Pollutant::kO3, SiteAt(2, 0, 0).id, kDay, 0.05F);
  return std::move(builder).Finish();
}

TEST(PlaceRowBuilder, InterpolatesWhatTheSitesAroundReport) {
  const SiteHistory history = ThreeSites();
  const std::vector<RowKey> keys = {{0, kDay}};
  const FeatureMatrix rows = PlaceRowBuilder(history).Build(Pollutant::kPm25, keys, 1);
  const auto column = [&](std::string_view name) {
    return Column(rows, 0, Pollutant::kPm25, name);
  };
  // Weights 1 and 1/4 by the squares of 11.1 and 22.2 km.
  EXPECT_NEAR(column("pm25_around_last_ug_m3"), 12, 1e-3);
  EXPECT_NEAR(column("pm25_around_mean30_ug_m3"), 12, 1e-3);
  EXPECT_NEAR(column("pm25_around_spread_ug_m3"), std::sqrt(50.0), 1e-3);
  EXPECT_EQ(column("pm25_around_age_days"), 0);
  EXPECT_EQ(column("pm25_reporting_last_ug_m3"), 10);
  EXPECT_NEAR(column("pm25_reporting_km"), 11.12, 0.01);
  EXPECT_EQ(column("pm25_reporting150_sites"), 2);
  // The eastern site has no value of the day itself.
  EXPECT_EQ(column("pm25_near50_ug_m3"), 10);
  EXPECT_EQ(column("pm25_north_ug_m3"), 10);
  EXPECT_TRUE(std::isnan(column("pm25_east_ug_m3")));
  EXPECT_FLOAT_EQ(column("o3_last_ppm"), 0.05F);
}

TEST(PlaceRowBuilder, ASiteThatHasBeenSilentForAWeekSaysNothing) {
  const SiteHistory history = ThreeSites();
  const std::vector<RowKey> keys = {{0, kDay + std::chrono::days(4)},
                                    {0, kDay + std::chrono::days(5)},
                                    {0, kDay + std::chrono::days(7)}};
  const FeatureMatrix rows = PlaceRowBuilder(history).Build(Pollutant::kPm25, keys, 1);
  EXPECT_EQ(Column(rows, 0, Pollutant::kPm25, "pm25_reporting150_sites"), 2);
  EXPECT_EQ(Column(rows, 1, Pollutant::kPm25, "pm25_reporting150_sites"), 1);
  EXPECT_EQ(Column(rows, 1, Pollutant::kPm25, "pm25_around_age_days"), 5);
  EXPECT_EQ(Column(rows, 2, Pollutant::kPm25, "pm25_reporting150_sites"), 0);
  EXPECT_TRUE(std::isnan(Column(rows, 2, Pollutant::kPm25, "pm25_around_last_ug_m3")));
}

TEST(PlaceRowBuilder, NoValueOfTheSiteItselfIsInItsRow) {
  const SiteHistory history = testing::MakeSyntheticHistory({.sites = 20, .days = 500});
  const std::vector<base::LocalDay> days = {base::MakeDay(2015, 9, 1), base::MakeDay(2016, 2, 29)};
  const PlaceRowBuilder builder(history);
  for (std::size_t site = 1; site < history.sites().size(); site += 4) {
    SiteHistory::Builder other;
    for (const airquality::Site& one : history.sites()) other.AddSite(one);
    for (const Pollutant pollutant : airquality::kPollutants) {
      for (std::size_t s = 0; s < history.sites().size(); ++s) {
        const SiteHistory::Series series = history.Get(pollutant, s);
        for (std::size_t i = 0; i < series.values.size(); ++i) {
          if (std::isnan(series.values[i])) continue;
          other.Set(pollutant, history.sites()[s].id, series.first_day + std::chrono::days(i),
                    s == site ? 7 * series.values[i] + 1 : series.values[i]);
        }
      }
    }
    const SiteHistory replaced = std::move(other).Finish();
    const std::vector<RowKey> keys = {{site, days[0]}, {site, days[1]}};
    for (const Pollutant pollutant : airquality::kPollutants) {
      const FeatureMatrix before = builder.Build(pollutant, keys, 1);
      const FeatureMatrix after = PlaceRowBuilder(replaced).Build(pollutant, keys, 1);
      for (std::size_t i = 0; i < before.values.size(); ++i) {
        ASSERT_EQ(std::bit_cast<std::uint32_t>(before.values[i]),
                  std::bit_cast<std::uint32_t>(after.values[i]))
            << PlaceSchema(pollutant).features()[i % before.columns].name;
      }
    }
  }
}

TEST(PlaceRowBuilder, NoColumnSeesTheFuture) {
  const SiteHistory history = testing::MakeSyntheticHistory({.sites = 16, .days = 500});
  const std::vector<base::LocalDay> days = {base::MakeDay(2015, 8, 3), base::MakeDay(2016, 3, 1)};
  const std::vector<RowKey> keys = testing::AllSitesOn(history, days);
  EXPECT_THAT(testing::ColumnsThatSeeTheFuture(
                  history, keys, PlaceSchema(Pollutant::kPm25),
                  [](const SiteHistory& some, std::span<const RowKey> rows) {
                    return PlaceRowBuilder(some).Build(Pollutant::kPm25, rows, 1).values;
                  }),
              ::testing::IsEmpty());
}

TEST(PlaceRowBuilder, AnyPlaceHasTheRowOfASilentSiteThere) {
  const SiteHistory history = ThreeSites();
  const std::vector<RowKey> keys = {{0, kDay}};
  const PlaceRowBuilder builder(history);
  const FeatureMatrix expected = builder.Build(Pollutant::kPm25, keys, 2);
  const std::vector<airquality::Coordinates> sites = {{0.1, 0}, {0, 0.2}};
  NetworkReport report = builder.ReportOf(kDay);
  for (std::vector<ReportedValues>& values : report.values) values.erase(values.begin());
  std::vector<float> row(PlaceSchema(Pollutant::kPm25).size());
  WritePlaceRow(Pollutant::kPm25, NeighboursOf({0, 0}, sites), report, row);
  for (std::size_t i = 0; i < row.size(); ++i) {
    EXPECT_EQ(std::isnan(row[i]), std::isnan(expected.values[i]));
    if (!std::isnan(row[i])) {
      EXPECT_EQ(row[i], expected.values[i]);
    }
  }
}

}  // namespace
}  // namespace geoclimate::features
