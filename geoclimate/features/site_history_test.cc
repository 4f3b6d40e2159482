#include "geoclimate/features/site_history.h"

#include <gtest/gtest.h>

#include <cmath>

namespace geoclimate::features {
namespace {

using airquality::Pollutant;
using airquality::Site;
using airquality::SiteId;
using base::MakeDay;

const SiteId kBronx = SiteId::FromParts(36, 5, 110);
const SiteId kQueens = SiteId::FromParts(36, 81, 124);
const SiteId kLosAngeles = SiteId::FromParts(6, 37, 1103);

Site Make(SiteId id) {
  Site site;
  site.id = id;
  return site;
}

TEST(SiteHistory, OrdersSitesByIdAndKeepsEachOnesValues) {
  SiteHistory::Builder builder;
  builder.AddSite(Make(kQueens));
  builder.AddSite(Make(kLosAngeles));
  builder.Set(Pollutant::kO3, kQueens, MakeDay(2020, 1, 3), 0.031F);
  builder.Set(Pollutant::kO3, kLosAngeles, MakeDay(2020, 1, 1), 0.02F);
  builder.Set(Pollutant::kO3, kQueens, MakeDay(2020, 1, 1), 0.03F);
  const SiteHistory history = std::move(builder).Finish();

  ASSERT_EQ(history.sites().size(), 2u);
  EXPECT_EQ(history.sites()[0].id, kLosAngeles);
  EXPECT_EQ(history.FindSite(kQueens), 1u);
  EXPECT_EQ(history.FindSite(kBronx), std::nullopt);

  const SiteHistory::Series series = history.Get(Pollutant::kO3, 1);
  EXPECT_EQ(series.first_day, MakeDay(2020, 1, 1));
  EXPECT_EQ(series.last_day(), MakeDay(2020, 1, 3));
  EXPECT_EQ(series.At(MakeDay(2020, 1, 1)), 0.03F);
  EXPECT_TRUE(std::isnan(series.At(MakeDay(2020, 1, 2))));
  EXPECT_EQ(series.At(MakeDay(2020, 1, 3)), 0.031F);
  EXPECT_TRUE(std::isnan(series.At(MakeDay(2019, 12, 31))));
  EXPECT_TRUE(std::isnan(series.At(MakeDay(2020, 1, 4))));
  EXPECT_TRUE(history.Get(Pollutant::kPm25, 1).empty());
  EXPECT_TRUE(std::isnan(history.Get(Pollutant::kPm25, 1).At(MakeDay(2020, 1, 1))));
}

TEST(SiteHistory, ALaterValueOfACellReplacesTheEarlier) {
  SiteHistory::Builder builder;
  builder.AddSite(Make(kQueens));
  builder.Set(Pollutant::kCo, kQueens, MakeDay(2020, 1, 2), 1.0F);
  builder.Set(Pollutant::kCo, kQueens, MakeDay(2020, 1, 1), 2.0F);
  builder.Set(Pollutant::kCo, kQueens, MakeDay(2020, 1, 2), 3.0F);
  const SiteHistory history = std::move(builder).Finish();
  EXPECT_EQ(history.Get(Pollutant::kCo, 0).At(MakeDay(2020, 1, 2)), 3.0F);
}

TEST(SiteHistory, LastDayIsTheNewestWithAValue) {
  SiteHistory::Builder builder;
  builder.AddSite(Make(kQueens));
  builder.AddSite(Make(kBronx));
  builder.Set(Pollutant::kCo, kQueens, MakeDay(2020, 1, 2), 1.0F);
  builder.Set(Pollutant::kPm25, kBronx, MakeDay(2021, 5, 1), 1.0F);
  const SiteHistory history = std::move(builder).Finish();
  EXPECT_EQ(history.LastDay(Pollutant::kCo), MakeDay(2020, 1, 2));
  EXPECT_EQ(history.LastDay(Pollutant::kNo2), std::nullopt);
  EXPECT_EQ(history.LastDay(), MakeDay(2021, 5, 1));
  EXPECT_EQ(SiteHistory().LastDay(), std::nullopt);
}

TEST(SiteHistory, KnownAtDropsLaterValuesAndKeepsTheSites) {
  SiteHistory::Builder builder;
  builder.AddSite(Make(kQueens));
  builder.AddSite(Make(kBronx));
  builder.Set(Pollutant::kCo, kQueens, MakeDay(2020, 1, 2), 1.0F);
  builder.Set(Pollutant::kCo, kQueens, MakeDay(2020, 1, 8), 2.0F);
  builder.Set(Pollutant::kCo, kBronx, MakeDay(2020, 1, 7), 3.0F);
  const SiteHistory history = std::move(builder).Finish();

  const SiteHistory known = history.KnownAt(MakeDay(2020, 1, 6));
  EXPECT_EQ(known.sites().size(), 2u);
  EXPECT_TRUE(known.Get(Pollutant::kCo, 0).empty());
  EXPECT_EQ(known.Get(Pollutant::kCo, 1).last_day(), MakeDay(2020, 1, 2)) << "trimmed to a value";
  EXPECT_EQ(history.KnownAt(MakeDay(2020, 1, 8)).Get(Pollutant::kCo, 1).last_day(),
            MakeDay(2020, 1, 8));
  EXPECT_EQ(history.KnownAt(MakeDay(2020, 1, 1)).LastDay(), std::nullopt);
}

}  // namespace
}  // namespace geoclimate::features
