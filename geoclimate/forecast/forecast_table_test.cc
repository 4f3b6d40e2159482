#include "geoclimate/forecast/forecast_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <thread>

#include "geoclimate/formats/digest.h"

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;

PollutantForecast SomeForecast(Pollutant pollutant, std::mt19937& random) {
  PollutantForecast forecast{.pollutant = pollutant,
                             .method = airquality::Method::kPersistenceFallback,
                             .model = static_cast<std::uint16_t>(random() % 2),
                             .last_observed = base::MakeDay(2020, 12, 30),
                             .concentration = {}};
  forecast.concentration.mean = static_cast<float>(random() % 1000) / 10;
  float quantile = forecast.concentration.mean - 5;
  for (float& q : forecast.concentration.quantiles) {
    q = quantile;
    quantile += static_cast<float>(random() % 10) / 7;
  }
  forecast.probability_over_100 = static_cast<float>(random() % 100) / 100;
  forecast.aqi_p10 = static_cast<std::int32_t>(random() % 50);
  forecast.aqi = forecast.aqi_p10 + static_cast<std::int32_t>(random() % 50);
  forecast.aqi_p90 = forecast.aqi + static_cast<std::int32_t>(random() % 50);
  return forecast;
}

// Each pair another.
ErrorCorrelations SomeCorrelations() {
  ErrorCorrelations correlations = EqualCorrelations(0);
  double correlation = -0.2;
  for (std::size_t row = 0; row < correlations.size(); ++row) {
    for (std::size_t column = 0; column < row; ++column) {
      correlations[row][column] = correlations[column][row] = correlation;
      correlation += 0.03;
    }
  }
  return correlations;
}

TableContent SomeContent(std::uint32_t sites) {
  std::mt19937 random(11);
  TableContent content{.as_of = base::MakeDay(2020, 12, 31),
                       .issued_at = base::Timestamp(std::chrono::seconds(1609502400)),
                       .aqi_tables = {"epa-2024", "epa-2024", "epa-2015", "epa", "epa", "epa"},
                       .error_correlations = SomeCorrelations(),
                       .model_ids = {"pm25_d1_v1_20210101_000000", "o3_d1_v1_20210101_000000"},
                       .sites = {}};
  for (std::uint32_t i = 0; i < sites; ++i) {
    SiteForecast site{
        .id = airquality::SiteId::FromParts(36, i / 100, i),
        .name = "Site " + std::to_string(i),
        .coordinates = airquality::Coordinates{30 + i % 17 * 0.7, -120 + i % 31 * 1.3},
        .utc_offset = std::chrono::minutes(-300),
        .days = {}};
    if (i % 10 == 3) site.coordinates.reset();
    for (int horizon = 1; horizon <= kMaxHorizonDays; ++horizon) {
      DayForecast day{.horizon_days = horizon, .dominant = Pollutant::kO3, .pollutants = {}};
      day.pollutants.push_back(SomeForecast(Pollutant::kPm25, random));
      day.pollutants.push_back(SomeForecast(Pollutant::kO3, random));
      day.aqi = 40;
      day.aqi_p10 = 20;
      day.aqi_p90 = 90;
      day.probability_over_100 = 0.25f;
      site.days.push_back(std::move(day));
    }
    content.sites.push_back(std::move(site));
  }
  return content;
}

// What places are forecast from: the first sites report, each its own pollutants.
PlaceBasis SomePlaces(std::uint32_t sites) {
  PlaceBasis places;
  places.models[0][0] = {.production = std::uint16_t{0}, .fallback = std::uint16_t{1}};
  places.models[0][1].fallback = std::uint16_t{1};
  for (std::uint32_t i = 0; i < sites; ++i) {
    ReportingSite site{.id = airquality::SiteId::FromParts(36, 0, i),
                       .coordinates = {40 + 0.1 * i, -74},
                       .utc_offset = std::chrono::minutes(-300),
                       .values = {}};
    site.values.fill(features::Silent());
    const float missing = features::Silent().today;
    site.values[i % 6] = {missing, 9.5F, 9.5F, 1, 10, 11, 12};
    if (i % 2 == 0) site.values[(i + 1) % 6] = {20, 19, 20, 0, 18, 17, 16};
    places.sites.push_back(site);
  }
  return places;
}

ForecastTable TableOf(const TableContent& content) {
  auto table = ForecastTable::Parse(EncodeForecastTable(content));
  EXPECT_TRUE(table.ok()) << table.error().ToString();
  return *std::move(table);
}

TEST(ForecastTable, WhatIsEncodedIsParsed) {
  const TableContent content = SomeContent(50);
  EXPECT_EQ(TableOf(content).content(), content);
}

TEST(ForecastTable, WhatPlacesAreForecastFromIsParsedToo) {
  TableContent content = SomeContent(8);
  content.places = SomePlaces(9);
  content.sites[2].days[0].pollutants[1].basis = airquality::Basis::kNeighbours;
  EXPECT_EQ(TableOf(content).content(), content);
  content.places.sites[4].values[4].mean7 = 10.5F;
  EXPECT_NE(TableOf(content).content().places, SomePlaces(9));
}

TEST(ForecastTable, EqualContentGivesEqualBytesNamedByTheirDigest) {
  const std::string bytes = EncodeForecastTable(SomeContent(20));
  EXPECT_EQ(bytes, EncodeForecastTable(SomeContent(20)));
  EXPECT_EQ(TableOf(SomeContent(20)).digest(), formats::Sha256(bytes).Hex());
}

TEST(ForecastTable, AnEmptyTableIsATable) {
  TableContent content = SomeContent(0);
  const ForecastTable table = TableOf(content);
  EXPECT_EQ(table.Find(airquality::SiteId::FromParts(36, 0, 1)), nullptr);
  EXPECT_FALSE(table.FindNearest({40, -100}));
}

TEST(ForecastTable, SitesAreFoundByIdOnly) {
  const ForecastTable table = TableOf(SomeContent(250));
  for (const SiteForecast& site : table.content().sites) {
    EXPECT_EQ(table.Find(site.id), &site);
  }
  EXPECT_EQ(table.Find(airquality::SiteId::FromParts(36, 9, 9999)), nullptr);
  EXPECT_EQ(table.Find(airquality::SiteId()), nullptr);
}

TEST(ForecastTable, TheNearestSiteComesWithItsDistance) {
  const ForecastTable table = TableOf(SomeContent(100));
  const SiteForecast& site = table.content().sites[42];
  const auto nearest =
      table.FindNearest({site.coordinates->latitude + 0.01, site.coordinates->longitude});
  ASSERT_TRUE(nearest);
  EXPECT_EQ(nearest->site->coordinates, site.coordinates);
  EXPECT_NEAR(nearest->distance_km, 1.11, 0.01);
}

TEST(ForecastTable, ABoxVisitsItsSitesInOrderAndMayCrossThe180thMeridian) {
  TableContent content = SomeContent(3);
  content.sites[0].coordinates = airquality::Coordinates{52, 179};
  content.sites[1].coordinates = airquality::Coordinates{52, -179};
  content.sites[2].coordinates = airquality::Coordinates{52, 0};
  const ForecastTable table = TableOf(content);
  std::vector<airquality::SiteId> seen;
  table.ForEachIn({.south = 50, .west = 170, .north = 60, .east = -170},
                  [&](const SiteForecast& site) { seen.push_back(site.id); });
  EXPECT_THAT(seen, testing::ElementsAre(content.sites[0].id, content.sites[1].id));
}

TEST(ForecastTable, AForecastsDayIsTheSitesStandardDayInUtc) {
  const ForecastTable table = TableOf(SomeContent(1));
  const SiteForecast& site = table.content().sites[0];
  EXPECT_EQ(base::FormatTimestamp(table.DataCutoff(site)), "2021-01-01T05:00:00Z");
  EXPECT_EQ(base::FormatTimestamp(table.ValidFrom(site, 1)), "2021-01-01T05:00:00Z");
  EXPECT_EQ(base::FormatTimestamp(table.ValidTo(site, 3)), "2021-01-04T05:00:00Z");
}

TEST(ForecastTable, ALeadTimeThatIsMissingIsNull) {
  TableContent content = SomeContent(1);
  content.sites[0].days.erase(content.sites[0].days.begin() + 1);
  const ForecastTable table = TableOf(content);
  EXPECT_NE(table.content().sites[0].Find(1), nullptr);
  EXPECT_EQ(table.content().sites[0].Find(2), nullptr);
  EXPECT_NE(table.content().sites[0].Find(3), nullptr);
}

TEST(ForecastTable, EveryCutAndEveryFlippedByteIsRefused) {
  const std::string bytes = EncodeForecastTable(SomeContent(3));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = ForecastTable::Parse(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(cut.ok()) << size;
    EXPECT_EQ(cut.error().code(), base::ErrorCode::kDataLoss);
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x41);
    EXPECT_FALSE(ForecastTable::Parse(flipped).ok()) << at;
  }
}

// Somebody who forges the checksum too gets past it: what is left is refused or is a table by all
// rules.
TEST(ForecastTable, ForgedBytesNeverCrashAndNeverBreakARule) {
  const std::string bytes = EncodeForecastTable(SomeContent(3));
  std::mt19937 random(3);
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string forged = bytes.substr(0, bytes.size() - 8);
    const std::size_t changes = 1 + random() % 4;
    for (std::size_t i = 0; i < changes; ++i) {
      forged[random() % forged.size()] = static_cast<char>(random());
    }
    if (random() % 4 == 0) forged.resize(random() % forged.size());
    const std::uint64_t checksum = formats::Xxh3(forged);
    forged.append(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
    const auto table = ForecastTable::Parse(forged);
    if (!table.ok()) continue;
    ++accepted;
    EXPECT_EQ(EncodeForecastTable(table->content()), forged);
    for (const SiteForecast& site : table->content().sites) {
      EXPECT_EQ(table->Find(site.id), &site);
      for (const DayForecast& day : site.days) {
        for (const PollutantForecast& forecast : day.pollutants) {
          EXPECT_LT(forecast.model, table->content().model_ids.size());
          EXPECT_TRUE(std::isfinite(forecast.concentration.mean));
        }
      }
    }
  }
  EXPECT_GT(accepted, 100);
}

TEST(ForecastTable, OtherBytesAndOtherVersionsAreNamed) {
  const auto other = ForecastTable::Parse("PK\x03\x04 something else entirely");
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().message(), testing::HasSubstr("not a forecast table"));
  std::string bytes = EncodeForecastTable(SomeContent(1));
  bytes[4] = 3;
  const auto later = ForecastTable::Parse(bytes);
  ASSERT_FALSE(later.ok());
  EXPECT_THAT(later.error().message(), testing::HasSubstr("format 3"));
}

TEST(ForecastTable, CorrelationsThatContradictEachOtherAreRefused) {
  TableContent content = SomeContent(1);
  // The first two go with the third, and against each other.
  auto& correlations = content.error_correlations;
  correlations[2][0] = correlations[2][1] = 0.9;
  correlations[1][0] = -0.9;
  const auto contradiction = ForecastTable::Parse(EncodeForecastTable(content));
  ASSERT_FALSE(contradiction.ok());
  EXPECT_EQ(contradiction.error().code(), base::ErrorCode::kDataLoss);
  EXPECT_THAT(contradiction.error().message(), testing::HasSubstr("no errors have"));
  correlations[1][0] = std::nan("");
  EXPECT_FALSE(ForecastTable::Parse(EncodeForecastTable(content)).ok());
}

TEST(ForecastTable, TwentyThreadsReadItAtOnce) {
  const ForecastTable table = TableOf(SomeContent(200));
  std::vector<std::jthread> readers;
  readers.reserve(20);
  std::atomic<int> found{0};
  for (int thread = 0; thread < 20; ++thread) {
    readers.emplace_back([&table, &found, thread] {
      for (std::size_t i = 0; i < 200; ++i) {
        const SiteForecast& site =
            table.content().sites[(i + static_cast<std::size_t>(thread)) % 200];
        if (table.Find(site.id) == &site) ++found;
        if (site.coordinates && table.FindNearest(*site.coordinates)) ++found;
      }
    });
  }
  readers.clear();
  EXPECT_EQ(found, 20 * (200 + 180));
}

}  // namespace
}  // namespace geoclimate::forecast
