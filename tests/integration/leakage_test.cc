// What the forecasters are given, on measurements: nothing of it may know the future.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

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
