#include "geoclimate/features/weather_columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "geoclimate/features/testing/leakage.h"
#include "geoclimate/features/testing/synthetic_history.h"
#include "geoclimate/features/testing/synthetic_weather.h"

namespace geoclimate::features {
namespace {

using airquality::Coordinates;
using airquality::DailyReduction;
using airquality::Pollutant;
using airquality::Site;
using airquality::SiteId;
using airquality::WeatherPlace;
using airquality::WeatherVariable;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ChemistryVariables;
using ::testing::ElementsAre;
using testing::MakeWeather;
using testing::PerfectForecasts;
using testing::WeatherRow;

const base::LocalDay kToday = base::MakeDay(2020, 9, 9);
constexpr minutes kPacific = -hours(8);

Site MakeSite(std::uint32_t number, std::optional<Coordinates> coordinates) {
  Site site;
  site.id = SiteId::FromParts(6, 37, number);
  site.coordinates = coordinates;
  site.utc_offset = kPacific;
  return site;
}

WeatherRow Tomorrow(const WeatherPlace& place, base::Timestamp issued_at, float value) {
  return {{.place = place, .issued_at = issued_at, .valid_day = kToday + days(1)}, {value}};
}

float Value(const WeatherHistory& weather, const Site& site, int horizon_days = 1,
            seconds known_until = WeatherColumns::kEndOfDay) {
  const WeatherColumns columns(weather, std::span(&site, 1), known_until);
  std::vector<float> values(columns.features().size());
  columns.Write({.site = 0, .issue_day = kToday}, horizon_days, values);
  return values.front();
}

TEST(WeatherColumns, ADirectionIsTwoColumns) {
  const WeatherHistory weather =
      MakeWeather({{"temperature_2m_max_c", "degC", -90, 60, DailyReduction::kMax},
                   {"wind_direction_10m_deg", "degrees", 0, 360, DailyReduction::kDirection}},
                  {{{.place = SiteId::FromParts(6, 37, 1),
                     .issued_at = base::DayStart(kToday, kPacific),
                     .valid_day = kToday + days(1)},
                    {20, 90}}});
  const Site site = MakeSite(1, {});
  const WeatherColumns columns(weather, std::span(&site, 1), WeatherColumns::kEndOfDay);
  std::vector<std::string> names;
  for (const Feature& feature : columns.features()) names.push_back(feature.name);
  EXPECT_THAT(names,
              ElementsAre("weather_temperature_2m_max_c", "weather_wind_direction_10m_deg_sin",
                          "weather_wind_direction_10m_deg_cos"));
  std::vector<float> values(3);
  columns.Write({.site = 0, .issue_day = kToday}, 1, values);
  EXPECT_EQ(values[0], 20);
  EXPECT_FLOAT_EQ(values[1], 1);
  EXPECT_NEAR(values[2], 0, 1e-7);
}

TEST(WeatherColumns, TheIssueDayEndsAtTheSitesMidnight) {
  const Site site = MakeSite(1, {});
  const base::Timestamp midnight = base::DayStart(kToday + days(1), kPacific);
  const auto issued = [&](base::Timestamp at) {
    return Value(MakeWeather(ChemistryVariables(), {Tomorrow(site.id, at, 5)}), site);
  };
  EXPECT_EQ(issued(midnight - seconds(1)), 5);
  // At midnight the valid day has begun: this is its analysis.
  EXPECT_TRUE(std::isnan(issued(midnight)));
}

TEST(WeatherColumns, AnOperationalIssueKnowsWhatWasIssuedByItsHour) {
  const Site site = MakeSite(1, {});
  const base::Timestamp issue_time = base::DayStart(kToday, kPacific) + hours(15);
  const auto issued = [&](base::Timestamp at) {
    return Value(MakeWeather(ChemistryVariables(), {Tomorrow(site.id, at, 5)}), site, 1, hours(15));
  };
  EXPECT_EQ(issued(issue_time), 5);
  EXPECT_TRUE(std::isnan(issued(issue_time + seconds(1))));
}

TEST(WeatherColumns, ALeadTimeTakesTheForecastOfItsOwnDay) {
  const Site site = MakeSite(1, {});
  std::vector<WeatherRow> rows;
  for (int ahead = 0; ahead <= 4; ++ahead) {
    rows.push_back(Tomorrow(site.id, base::DayStart(kToday, kPacific), static_cast<float>(ahead)));
    rows.back().forecast.valid_day = kToday + days(ahead);
  }
  const WeatherHistory weather = MakeWeather(ChemistryVariables(), rows);
  for (const int horizon : {1, 2, 3}) {
    EXPECT_EQ(Value(weather, site, horizon), static_cast<float>(horizon));
  }
  EXPECT_TRUE(std::isnan(Value(weather, site, 5)));
}

TEST(WeatherColumns, TheSitesOwnForecastComesFirstThenTheNearestPointWithin40Km) {
  const Site site = MakeSite(1, Coordinates{34, -118});
  const base::Timestamp issued = base::DayStart(kToday, kPacific);
  const std::vector<WeatherRow> rows = {
      Tomorrow(site.id, issued, 1), Tomorrow(Coordinates{34.1, -118}, issued, 2),
      Tomorrow(Coordinates{34, -118.3}, issued, 3), Tomorrow(Coordinates{34.37, -118}, issued, 4)};
  const auto from = [&](std::size_t first) {
    return Value(
        MakeWeather(ChemistryVariables(), {rows.begin() + static_cast<long>(first), rows.end()}),
        site);
  };
  EXPECT_EQ(from(0), 1);
  EXPECT_EQ(from(1), 2);
  EXPECT_EQ(from(2), 3);
  EXPECT_TRUE(std::isnan(from(3))) << "41 km away";
  EXPECT_TRUE(std::isnan(Value(MakeWeather(ChemistryVariables(), rows), MakeSite(2, {}))))
      << "a site without coordinates is near nothing";
}

// A nearer point that begins to be forecast later must not take the place of the one that was
// there.
TEST(WeatherColumns, WhatIsIssuedLaterChangesNoRowNotEvenByItsPlace) {
  const SiteHistory history = testing::MakeSyntheticHistory({.sites = 12, .days = 500});
  const base::LocalDay today = base::MakeDay(2015, 9, 1);
  std::vector<WeatherRow> rows = PerfectForecasts(history, Pollutant::kPm25, 5, hours(20));
  // As points some kilometres off, not as sites.
  for (WeatherRow& row : rows) {
    const auto site = history.FindSite(std::get<SiteId>(row.forecast.place));
    const auto& coordinates = history.sites()[*site].coordinates;
    if (coordinates) {
      row.forecast.place = Coordinates{coordinates->latitude + 0.2, coordinates->longitude};
    }
  }
  const base::Timestamp end_of_today =
      base::DayStart(today, minutes(0)) + WeatherColumns::kEndOfDay;
  const WeatherHistory weather = MakeWeather(ChemistryVariables(), rows);
  const WeatherHistory changed =
      MakeWeather(ChemistryVariables(),
                  testing::ReplaceIssuedAfter(rows, end_of_today, *history.sites()[1].coordinates));
  const WeatherColumns before(weather, history.sites(), WeatherColumns::kEndOfDay);
  const WeatherColumns after(changed, history.sites(), WeatherColumns::kEndOfDay);
  std::size_t known = 0;
  std::size_t seen_later = 0;
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    for (const int horizon : {1, 2, 3}) {
      for (int age = 0; age < 30; ++age) {
        float a = 0;
        float b = 0;
        const RowKey key{.site = site, .issue_day = today - days(age)};
        before.Write(key, horizon, std::span(&a, 1));
        after.Write(key, horizon, std::span(&b, 1));
        EXPECT_EQ(std::memcmp(&a, &b, sizeof(float)), 0);
        known += std::isnan(a) ? 0 : 1;
      }
      float a = 0;
      float b = 0;
      const RowKey key{.site = site, .issue_day = today + days(5)};
      before.Write(key, horizon, std::span(&a, 1));
      after.Write(key, horizon, std::span(&b, 1));
      seen_later += std::memcmp(&a, &b, sizeof(float)) == 0 ? 0 : 1;
    }
  }
  EXPECT_GT(known, 100U);
  EXPECT_GT(seen_later, 5U) << "the change is one that later rows see";
}

TEST(WeatherColumns, RowsOfOneSchemaAreTheSameWhateverElseTheWeatherHolds) {
  const SiteHistory history = testing::MakeSyntheticHistory({.sites = 6, .days = 200});
  const std::vector<RowKey> keys = testing::AllSitesOn(
      history, std::vector{base::MakeDay(2015, 6, 1), base::MakeDay(2015, 6, 2)});
  const FeatureMatrix plain = FeatureBuilder(history).Build(Pollutant::kPm25, keys, 1);
  const std::vector<WeatherRow> rows = PerfectForecasts(history, Pollutant::kPm25, 3, hours(20));
  const WeatherHistory weather = MakeWeather(ChemistryVariables(), rows);
  const WeatherColumns columns(weather, history.sites(), WeatherColumns::kEndOfDay);
  const FeatureSchema schema = SchemaWithWeather(Pollutant::kPm25, &columns);
  ASSERT_EQ(schema.size(), plain.columns + 1);
  EXPECT_TRUE(CheckRowSchema(schema, Pollutant::kPm25).ok());
  EXPECT_THAT(WeatherNames(schema, Pollutant::kPm25), ElementsAre("weather_pm2_5_ug_m3"));

  std::vector<WeatherVariable> more = ChemistryVariables();
  more.insert(more.begin(), {"dust_ug_m3", "ug/m3", 0, 1000, DailyReduction::kMean});
  std::vector<WeatherRow> more_rows = rows;
  for (WeatherRow& row : more_rows) row.values.insert(row.values.begin(), 42);
  const WeatherHistory richer = MakeWeather(more, more_rows);
  const WeatherColumns richer_columns(richer, history.sites(), WeatherColumns::kEndOfDay);
  const auto a = RowsWithWeather(schema, plain, keys, 2, &columns);
  const auto b = RowsWithWeather(schema, plain, keys, 2, &richer_columns);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(std::memcmp(a->values.data(), b->values.data(), a->values.size() * sizeof(float)), 0);
  for (std::size_t row = 0; row < plain.rows; ++row) {
    EXPECT_EQ(std::memcmp(a->Row(row).data(), plain.Row(row).data(), plain.columns * sizeof(float)),
              0);
  }
}

TEST(WeatherColumns, WithoutTheWeatherThatASchemaNamesThereAreNoRows) {
  const SiteHistory history = testing::MakeSyntheticHistory({.sites = 3, .days = 60});
  const std::vector<RowKey> keys =
      testing::AllSitesOn(history, std::vector{base::MakeDay(2015, 2, 1)});
  const FeatureMatrix plain = FeatureBuilder(history).Build(Pollutant::kPm25, keys, 1);
  const WeatherHistory weather = MakeWeather(ChemistryVariables(), {});
  const WeatherColumns columns(weather, history.sites(), WeatherColumns::kEndOfDay);
  const FeatureSchema schema = SchemaWithWeather(Pollutant::kPm25, &columns);
  EXPECT_FALSE(RowsWithWeather(schema, plain, keys, 1, nullptr));
  std::vector<WeatherVariable> others = ChemistryVariables();
  others.front().unit = "mg/m3";
  const WeatherHistory other = MakeWeather(others, {});
  const WeatherColumns other_columns(other, history.sites(), WeatherColumns::kEndOfDay);
  EXPECT_FALSE(RowsWithWeather(schema, plain, keys, 1, &other_columns)) << "another unit";
  const auto unchanged =
      RowsWithWeather(SchemaWithWeather(Pollutant::kPm25, nullptr), plain, keys, 1, &columns);
  ASSERT_TRUE(unchanged);
  EXPECT_EQ(unchanged->columns, plain.columns);
}

TEST(WeatherColumns, ASchemaOfAnotherProgramIsRefused) {
  std::vector<Feature> features = FeatureBuilder::Schema(Pollutant::kPm25).features();
  EXPECT_TRUE(CheckRowSchema(FeatureSchema(features), Pollutant::kPm25).ok());
  EXPECT_FALSE(CheckRowSchema(FeatureSchema(features), Pollutant::kO3).ok());
  features.push_back({.name = "tomorrow_ug_m3", .unit = "ug/m3"});
  EXPECT_FALSE(CheckRowSchema(FeatureSchema(features), Pollutant::kPm25).ok());
  features.pop_back();
  features.pop_back();
  EXPECT_FALSE(CheckRowSchema(FeatureSchema(features), Pollutant::kPm25).ok());
}

}  // namespace
}  // namespace geoclimate::features
