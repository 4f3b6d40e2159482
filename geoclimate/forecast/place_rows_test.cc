#include "geoclimate/forecast/place_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;
using features::RowKey;

const base::LocalDay kDay = base::MakeDay(2020, 6, 10);
constexpr std::chrono::days kOne{1};

airquality::Site SiteAt(std::uint32_t number, std::optional<airquality::Coordinates> place) {
  airquality::Site site;
  site.id = airquality::SiteId::FromParts(6, 1, number);
  site.coordinates = place;
  return site;
}

// Site 0 reports; 1 has been silent for 40 days; 2 never measured; 3 measured ozone only; 4 is
// silent, 150 km away; 5 is silent without coordinates.
features::SiteHistory Network() {
  features::SiteHistory::Builder builder;
  const std::vector<airquality::Site> sites = {
      SiteAt(0, {{40, -100}}),   SiteAt(1, {{40.1, -100}}),  SiteAt(2, {{40.2, -100}}),
      SiteAt(3, {{40.3, -100}}), SiteAt(4, {{41.35, -100}}), SiteAt(5, {})};
  for (const airquality::Site& site : sites) builder.AddSite(site);
  for (int ago = 2; ago < 60; ++ago) {
    builder.Set(Pollutant::kPm25, sites[0].id, kDay - kOne * ago, static_cast<float>(10 + ago % 3));
  }
  for (const std::size_t silent : {1U, 4U, 5U}) {
    builder.Set(Pollutant::kPm25, sites[silent].id, kDay - kOne * 40, 20);
  }
  builder.Set(Pollutant::kO3, sites[3].id, kDay, 0.04F);
  return std::move(builder).Finish();
}

TEST(FindSilentSites, AreThoseThatMeasuredThePollutantOrNothingAtAll) {
  const features::SiteHistory history = Network();
  const auto silent = [&](base::LocalDay day) {
    std::vector<std::size_t> sites;
    for (const RowKey& key : FindSilentSites(history, Pollutant::kPm25, day)) {
      EXPECT_EQ(key.issue_day, day);
      sites.push_back(key.site);
    }
    return sites;
  };
  EXPECT_THAT(silent(kDay), ::testing::ElementsAre(1, 2, 4));
  // Before their first values all are new, the reporting one of later too.
  EXPECT_THAT(silent(kDay - kOne * 70), ::testing::ElementsAre(0, 1, 2, 3, 4));
}

TEST(BuildPlaceRows, KeepsThePlacesThatASiteReportsNear) {
  const features::SiteHistory history = Network();
  const features::PlaceRowBuilder builder(history);
  const std::vector<RowKey> keys = {{0, kDay}, {1, kDay}, {2, kDay}, {4, kDay}, {5, kDay}};
  const PlaceRows rows = BuildPlaceRows(builder, Pollutant::kPm25, keys, 1);
  EXPECT_THAT(rows.asked_for, ::testing::ElementsAre(1, 2));
  ASSERT_EQ(rows.features.rows, 2U);
  EXPECT_EQ(rows.keys.keys[1].site, 2U);
  EXPECT_THAT(rows.keys.last_observed, ::testing::Each(kDay - kOne * 2));
  // Six days later the last value is too old.
  const std::vector<RowKey> later = {{1, kDay + kOne * 4}, {1, kDay + kOne * 5}};
  EXPECT_THAT(BuildPlaceRows(builder, Pollutant::kPm25, later, 1).asked_for,
              ::testing::ElementsAre(0));
}

TEST(Interpolate, DampsByWhatWasKnownBeforeAndByNothingLater) {
  const features::SiteHistory history = Network();
  std::vector<RowKey> keys;
  for (int ago = 50; ago >= 0; --ago) keys.push_back({1, kDay - kOne * ago});
  const PlaceRows rows =
      BuildPlaceRows(features::PlaceRowBuilder(history), Pollutant::kPm25, keys, 1);
  ASSERT_EQ(rows.features.rows, keys.size());
  std::vector<std::size_t> all(keys.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const PlaceBaselineColumns columns = BaselineColumnsOfPlaces(Pollutant::kPm25);
  const auto column = [&](std::string_view name, std::size_t row) {
    return rows.features.Row(
        row)[static_cast<std::size_t>(features::PlaceSchema(Pollutant::kPm25).Find(name))];
  };
  // What came lies 40 % of the way from the 30-day mean to the newest value.
  std::vector<float> observed;
  for (const std::size_t row : all) {
    const float mean = column(columns.references[0], row);
    observed.push_back(mean + 0.4F * (column(columns.last, row) - mean));
  }
  const auto interpolate = [&] {
    return Interpolate(Pollutant::kPm25, {.keys = rows.keys.keys,
                                          .features = rows.features,
                                          .rows = all,
                                          .observed = observed,
                                          .wait = kOne});
  };
  const InterpolationColumns before = interpolate();
  const auto& damped = before[static_cast<std::size_t>(Interpolation::kDampedMean30)];
  EXPECT_EQ(damped[0], column(columns.references[0], 0)) << "nothing was known yet";
  EXPECT_NEAR(damped.back(), observed.back(), 1e-4);
  EXPECT_EQ(before[static_cast<std::size_t>(Interpolation::kNearest)].back(), 12);

  for (std::size_t row = 30; row < observed.size(); ++row) observed[row] += 100;
  const InterpolationColumns after = interpolate();
  const auto& changed = after[static_cast<std::size_t>(Interpolation::kDampedMean30)];
  for (std::size_t row = 0; row <= 31; ++row) EXPECT_EQ(changed[row], damped[row]) << row;
  EXPECT_NE(changed.back(), damped.back());
}

}  // namespace
}  // namespace geoclimate::forecast
