// What the forecasters are given, on measurements: nothing of it may know the future.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <string_view>

#include "geoclimate/features/testing/leakage.h"
#include "geoclimate/forecast/baselines.h"
#include "geoclimate/forecast/history_loader.h"
#include "tests/integration/bundled_sample.h"

namespace geoclimate::integration {
namespace {

using airquality::Pollutant;
using base::MakeDay;
using features::FeatureBuilder;
using features::RowKey;
using features::SiteHistory;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// An ordinary day, one before an extreme one (smoke came to Los Angeles on 10 September 2020), a
// leap day, the end of a year and the last day of the sample.
const std::vector<base::LocalDay>& IssueDays() {
  static const std::vector<base::LocalDay> days = {MakeDay(2018, 5, 15), MakeDay(2020, 2, 29),
                                                   MakeDay(2020, 9, 9), MakeDay(2019, 12, 31),
                                                   MakeDay(2020, 12, 31)};
  return days;
}

TEST(Leakage, NoFeatureOfTheSampleSeesTheFuture) {
  const SiteHistory& history = BundledSample::History();
  const std::vector<RowKey> keys = features::testing::AllSitesOn(history, IssueDays());
  for (const Pollutant pollutant : airquality::kPollutants) {
    EXPECT_THAT(
        features::testing::ColumnsThatSeeTheFuture(history, keys, FeatureBuilder::Schema(pollutant),
                                                   features::testing::BuilderRows(pollutant)),
        IsEmpty());
  }
}

// A way to look ahead: what it adds to a row.
struct Peek {
  std::string_view name;
  float (*look)(const SiteHistory& history, Pollutant pollutant, const RowKey& key);
};

float MeanOfDays(const SiteHistory& history, Pollutant pollutant, const RowKey& key, int first,
                 int last) {
  float sum = 0;
  int count = 0;
  for (int ahead = first; ahead <= last; ++ahead) {
    const float value =
        history.Get(pollutant, key.site).At(key.issue_day + std::chrono::days(ahead));
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return count > 0 ? sum / static_cast<float>(count) : 0;
}

constexpr std::array<Peek, 5> kPeeks = {{
    {"tomorrow",
     [](const SiteHistory& history, Pollutant pollutant, const RowKey& key) {
       return history.Get(pollutant, key.site).At(key.issue_day + std::chrono::days(1));
     }},
    {"centred mean", [](const SiteHistory& history, Pollutant pollutant,
                        const RowKey& key) { return MeanOfDays(history, pollutant, key, -3, 3); }},
    {"tomorrow at the next site",
     [](const SiteHistory& history, Pollutant pollutant, const RowKey& key) {
       const std::size_t next = (key.site + 1) % history.sites().size();
       return history.Get(pollutant, next).At(key.issue_day + std::chrono::days(1));
     }},
    {"mean of the whole series",
     [](const SiteHistory& history, Pollutant pollutant, const RowKey& key) {
       return MeanOfDays(history, pollutant, key, -400, 400);
     }},
    {"whether it will measure at all",
     [](const SiteHistory& history, Pollutant pollutant, const RowKey& key) {
       return MeanOfDays(history, pollutant, key, 1, 30) != 0 ? 1.0F : 0.0F;
     }},
}};

// The guard of the tests below: each of these must fail it, on the sample, beside honest features.
TEST(Leakage, AFeatureThatPeeksIsCaught) {
  const SiteHistory& history = BundledSample::History();
  const std::vector<base::LocalDay> days = {MakeDay(2018, 5, 15), MakeDay(2020, 9, 9)};
  const std::vector<RowKey> keys = features::testing::AllSitesOn(history, days);
  const features::FeatureSchema& honest = FeatureBuilder::Schema(Pollutant::kPm25);
  for (const Peek& peek : kPeeks) {
    std::vector<features::Feature> features = honest.features();
    features.insert(features.begin() + 7, features::Feature{});
    features[7].name = peek.name;
    const auto make = [&](const SiteHistory& from, std::span<const RowKey> some) {
      const features::FeatureMatrix rows = FeatureBuilder(from).Build(Pollutant::kPm25, some, 1);
      std::vector<float> values;
      for (std::size_t i = 0; i < some.size(); ++i) {
        const std::span<const float> row = rows.Row(i);
        values.insert(values.end(), row.begin(), row.begin() + 7);
        values.push_back(peek.look(from, Pollutant::kPm25, some[i]));
        values.insert(values.end(), row.begin() + 7, row.end());
      }
      return values;
    };
    EXPECT_THAT(features::testing::ColumnsThatSeeTheFuture(history, keys,
                                                           features::FeatureSchema(features), make),
                ElementsAre(peek.name));
  }
}

TEST(Leakage, NoBaselineOfTheSampleSeesTheFuture) {
  const SiteHistory& history = BundledSample::History();
  const std::vector<RowKey> keys = features::testing::AllSitesOn(history, IssueDays());
  std::vector<features::Feature> names;
  for (const forecast::Baseline baseline : forecast::kBaselines) {
    names.emplace_back();
    names.back().name = forecast::BaselineName(baseline);
  }
  for (const Pollutant pollutant : airquality::kPollutants) {
    const auto make = [&](const SiteHistory& from, std::span<const RowKey> some) {
      const std::vector<int> horizons = {1, 3};
      const forecast::BaselineColumns columns =
          forecast::Baselines(from, pollutant, horizons).Columns(some, 3);
      std::vector<float> rows;
      for (std::size_t i = 0; i < some.size(); ++i) {
        for (const std::vector<float>& column : columns) rows.push_back(column[i]);
      }
      return rows;
    };
    EXPECT_THAT(features::testing::ColumnsThatSeeTheFuture(history, keys,
                                                           features::FeatureSchema(names), make),
                IsEmpty());
  }
}

TEST(Leakage, WhatTheStoreKnewOnADayGivesTheSameRowsAsTheWholeHistory) {
  BundledSample sample;
  const SiteHistory& whole = BundledSample::History();
  const base::LocalDay day = MakeDay(2019, 6, 30);
  const SiteHistory known = *forecast::LoadSiteHistory(sample.store(), {.as_of = day});
  const std::vector<base::LocalDay> days = {day};
  const std::vector<RowKey> keys = features::testing::AllSitesOn(whole, days);
  ASSERT_EQ(known.LastDay(), day);
  ASSERT_GT(*whole.LastDay(), day);
  for (const Pollutant pollutant : airquality::kPollutants) {
    const features::FeatureMatrix then = FeatureBuilder(known).Build(pollutant, keys, 1);
    const features::FeatureMatrix now = FeatureBuilder(whole).Build(pollutant, keys, 2);
    EXPECT_EQ(std::memcmp(then.values.data(), now.values.data(), now.values.size() * sizeof(float)),
              0);
  }
}

}  // namespace
}  // namespace geoclimate::integration
