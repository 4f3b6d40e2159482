#include "geoclimate/backtest/past_tasks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "geoclimate/backtest/testing/small_backtest.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/testing/leakage.h"
#include "geoclimate/forecast/past_rows.h"

namespace geoclimate::backtest {
namespace {

using airquality::Pollutant;
using features::FeatureBuilder;
using features::RowKey;
using testing::SmallHistory;
using testing::SmallOptions;
using testing::SmallVintages;

bool SameBits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

TEST(PollutantRows, AreSortedAndCutByDays) {
  const features::SiteHistory history = SmallHistory();
  const PollutantRows rows =
      BuildPollutantRows(Knowledge::Archive(history), Pollutant::kPm25, SmallOptions());
  ASSERT_GT(rows.keys.keys.size(), 1000U);
  EXPECT_EQ(rows.features.rows, rows.keys.keys.size());
  const base::LocalDay day = base::MakeDay(2016, 4, 2);
  const PollutantRows::Range range = rows.IssuedBetween(day, day + std::chrono::days(1));
  ASSERT_GT(range.size(), 0U);
  for (std::size_t i = 0; i < rows.keys.keys.size(); ++i) {
    const base::LocalDay issued = rows.keys.keys[i].issue_day;
    EXPECT_EQ(i >= range.begin && i < range.end,
              issued >= day && issued <= day + std::chrono::days(1));
  }
  EXPECT_TRUE(
      SameBits(rows.Features({range.begin, range.begin + 1}), rows.features.Row(range.begin)));
}

// What `train` fits on the day of an origin, and what a backtest does, are the same bits.
TEST(TrainingSet, HoldsTheRowsThatTrainingWouldHaveHadOnThatDay) {
  const features::SiteHistory history = SmallHistory();
  const Knowledge knowledge = Knowledge::Archive(history);
  const BacktestOptions options = SmallOptions();
  const PollutantRows rows = BuildPollutantRows(knowledge, Pollutant::kPm25, options);
  const base::LocalDay origin = base::MakeDay(2016, 6, 10);
  for (const int horizon : options.horizons) {
    const PastTasks tasks = FindPastTasks(knowledge, rows, horizon);
    const TrainingSet set(knowledge, rows, tasks, origin);
    const training::TrainingRows view = set.View();

    const features::SiteHistory known = history.KnownAt(origin - std::chrono::days(1));
    const forecast::PastRows past = forecast::FindPastRows(
        known, Pollutant::kPm25, horizon,
        {forecast::FirstTrainingDay(Pollutant::kPm25), origin - std::chrono::days(1)});
    const features::FeatureMatrix matrix =
        FeatureBuilder(known).Build(Pollutant::kPm25, past.keys, 1);
    EXPECT_TRUE(SameBits(view.features.values, matrix.values));
    EXPECT_TRUE(SameBits(view.targets, past.targets));
    ASSERT_EQ(view.issue_days.size(), past.keys.size());
    for (std::size_t i = 0; i < past.keys.size(); ++i) {
      EXPECT_EQ(view.issue_days[i], past.keys[i].issue_day);
      EXPECT_LT(view.valid_day(i), origin);
    }
    EXPECT_TRUE(view.Validate().ok());
    ASSERT_EQ(view.baselines.size(), forecast::kBaselineCount);
    EXPECT_EQ(view.baselines[0].name, "persistence");
  }
}

TEST(TrainingSet, OperationallyHoldsOnlyWhatWasKnownAtTheOrigin) {
  const features::SiteHistory history = SmallHistory();
  const forecast::VintageHistory vintages = SmallVintages(history);
  const Knowledge knowledge = Knowledge::Operational(vintages);
  const PollutantRows rows = BuildPollutantRows(knowledge, Pollutant::kPm25, SmallOptions());
  const PastTasks tasks = FindPastTasks(knowledge, rows, 1);
  const base::LocalDay origin = base::MakeDay(2016, 6, 10);
  const TrainingSet set(knowledge, rows, tasks, origin);
  const training::TrainingRows view = set.View();
  ASSERT_GT(view.targets.size(), 500U);
  EXPECT_TRUE(view.Validate().ok());

  const features::SiteHistory known = vintages.KnownAt(origin);
  std::size_t taken = 0;
  for (const std::size_t row : tasks.rows) {
    const RowKey& key = rows.keys.keys[row];
    const base::LocalDay valid_day = key.issue_day + std::chrono::days(1);
    const float target = known.Get(Pollutant::kPm25, key.site).At(valid_day);
    if (valid_day >= origin || std::isnan(target)) continue;
    ASSERT_LT(taken, view.targets.size());
    EXPECT_EQ(view.targets[taken], target);
    ++taken;
  }
  EXPECT_EQ(taken, view.targets.size());
}

// Each row from what was known on its day: the same bits as from a history that ends there.
TEST(PollutantRows, OperationallyAreThoseOfTheHistoryAsItWasKnown) {
  const features::SiteHistory history = SmallHistory();
  const forecast::VintageHistory vintages = SmallVintages(history);
  const PollutantRows rows =
      BuildPollutantRows(Knowledge::Operational(vintages), Pollutant::kPm25, SmallOptions());
  for (const base::LocalDay day : {base::MakeDay(2016, 3, 1), base::MakeDay(2016, 7, 31)}) {
    const features::SiteHistory known = vintages.KnownAt(day);
    const forecast::IssueKeys keys =
        forecast::FindIssueKeys(known, Pollutant::kPm25, {day, day}, std::chrono::days(7));
    const PollutantRows::Range range = rows.IssuedBetween(day, day);
    ASSERT_EQ(range.size(), keys.keys.size());
    ASSERT_GT(range.size(), 0U);
    const features::FeatureMatrix expected =
        forecast::BuildIssueRows(FeatureBuilder(known), Pollutant::kPm25, keys, 1);
    EXPECT_TRUE(SameBits(rows.Features(range), expected.values));
    for (const base::LocalDay last : keys.last_observed) EXPECT_LT(last, day);
  }
}

TEST(KnownBaselines, SayWhatTheBaselinesOfTheKnownHistorySay) {
  const features::SiteHistory history = SmallHistory();
  const forecast::VintageHistory vintages = SmallVintages(history);
  const Knowledge knowledge = Knowledge::Operational(vintages);
  const PollutantRows rows = BuildPollutantRows(knowledge, Pollutant::kPm25, SmallOptions());
  const PastTasks tasks = FindPastTasks(knowledge, rows, 1);
  const base::LocalDay day = base::MakeDay(2016, 7, 1);
  const features::SiteHistory known = vintages.KnownAt(day);
  const forecast::Baselines expected(known, Pollutant::kPm25, std::array{1});
  int compared = 0;
  for (std::size_t i = 0; i < tasks.rows.size(); ++i) {
    const RowKey& key = rows.keys.keys[tasks.rows[i]];
    if (key.issue_day != day) continue;
    ++compared;
    const forecast::BaselineValues values = expected.At(key, 1);
    for (const forecast::Baseline baseline :
         {forecast::Baseline::kPersistence, forecast::Baseline::kMean7,
          forecast::Baseline::kMean30}) {
      const auto b = static_cast<std::size_t>(baseline);
      EXPECT_FLOAT_EQ(tasks.baselines[b][i], values[b]);
    }
    for (const forecast::Baseline baseline :
         {forecast::Baseline::kDampedMean30, forecast::Baseline::kDampedExpandingMean}) {
      const auto b = static_cast<std::size_t>(baseline);
      EXPECT_NEAR(tasks.baselines[b][i], values[b], 0.5F);
    }
  }
  EXPECT_GT(compared, 0);
}

TEST(TrainingSet, HoldsNoRowOfASiteThatIsHeldOut) {
  const features::SiteHistory history = SmallHistory();
  const Knowledge knowledge = Knowledge::Archive(history);
  const PollutantRows rows = BuildPollutantRows(knowledge, Pollutant::kPm25, SmallOptions());
  const PastTasks tasks = FindPastTasks(knowledge, rows, 1);
  const base::LocalDay origin = base::MakeDay(2016, 6, 10);
  constexpr double kShare = 0.4;
  const TrainingSet set(knowledge, rows, tasks, origin, kShare);
  std::vector<float> expected;
  for (std::size_t i = 0; i < tasks.CountBefore(rows, origin); ++i) {
    const RowKey& key = rows.keys.keys[tasks.rows[i]];
    if (HeldOut(history.sites()[key.site].id, kShare)) continue;
    expected.push_back(
        history.Get(Pollutant::kPm25, key.site).At(key.issue_day + std::chrono::days(1)));
  }
  EXPECT_LT(expected.size(), tasks.CountBefore(rows, origin));
  EXPECT_TRUE(SameBits(set.View().targets, expected));
}

}  // namespace
}  // namespace geoclimate::backtest
