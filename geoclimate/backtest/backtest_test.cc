#include "geoclimate/backtest/backtest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "geoclimate/backtest/testing/small_backtest.h"
#include "geoclimate/features/testing/leakage.h"

namespace geoclimate::backtest {
namespace {

using features::testing::ChangeFuture;
using features::testing::FutureChange;
using testing::ChangeUnknown;
using testing::FilesIn;
using testing::MustRun;
using testing::ReadFile;
using testing::ReadRows;
using testing::SmallHistory;
using testing::SmallOptions;
using testing::SmallVintages;
using testing::TestFolder;

constexpr std::size_t kSiteColumn = 1;
constexpr std::size_t kIssuedColumn = 2;
constexpr std::size_t kHorizonColumn = 3;
constexpr std::size_t kObservedColumn = 12;

TEST(RunBacktest, ForecastsEverySiteWithARecentValueOnEveryDay) {
  const TestFolder folder;
  const features::SiteHistory history = SmallHistory();
  const BacktestOptions options = SmallOptions();
  const BacktestFiles files = FilesIn(folder, "out.csv");
  const BacktestReport report = MustRun(Knowledge::Archive(history), options, files);
  EXPECT_EQ(report.origins, 3U);

  std::set<std::vector<std::string>> expected;
  for (const int horizon : options.horizons) {
    for (base::LocalDay day = options.from; day <= options.to; day += std::chrono::days(1)) {
      for (std::size_t site = 0; site < history.sites().size(); ++site) {
        bool recent = false;
        for (int age = 0; age < 7; ++age) {
          recent =
              recent ||
              !std::isnan(
                  history.Get(airquality::Pollutant::kPm25, site).At(day - std::chrono::days(age)));
        }
        if (!recent) continue;
        expected.insert(
            {history.sites()[site].id.ToString(), base::FormatDay(day), std::to_string(horizon)});
      }
    }
  }
  std::set<std::vector<std::string>> given;
  std::size_t rows = 0;
  for (const std::vector<std::string>& row : ReadRows(files.out)) {
    given.insert({row[kSiteColumn], row[kIssuedColumn], row[kHorizonColumn]});
    ++rows;
  }
  EXPECT_EQ(given, expected);
  EXPECT_EQ(rows, expected.size());
  std::size_t reported = 0;
  for (const HorizonReport& horizon : report.horizons) reported += horizon.forecasts;
  EXPECT_EQ(reported, rows);
  EXPECT_FALSE(std::filesystem::exists(files.work));
}

TEST(RunBacktest, ThreadsAndMemoryChangeNoByte) {
  const TestFolder folder;
  const features::SiteHistory history = SmallHistory();
  BacktestOptions options = SmallOptions();
  MustRun(Knowledge::Archive(history), options, FilesIn(folder, "one.csv"));
  options.threads = 4;
  MustRun(Knowledge::Archive(history), options, FilesIn(folder, "four.csv"));
  options.memory_bytes = 1;
  MustRun(Knowledge::Archive(history), options, FilesIn(folder, "small.csv"));
  const std::string bytes = ReadFile(folder / "one.csv");
  EXPECT_GT(bytes.size(), 10'000U);
  EXPECT_EQ(bytes, ReadFile(folder / "four.csv"));
  EXPECT_EQ(bytes, ReadFile(folder / "small.csv"));
}

// What a killed run leaves behind: the pieces that it finished, one of them half written.
TEST(RunBacktest, GoesOnWhereItWasKilledAndWritesTheSameBytes) {
  const TestFolder folder;
  const features::SiteHistory history = SmallHistory();
  const Knowledge knowledge = Knowledge::Archive(history);
  const BacktestOptions options = SmallOptions();
  MustRun(knowledge, options, FilesIn(folder, "whole.csv"));

  BacktestFiles files = FilesIn(folder, "resumed.csv");
  files.earlier = PieceFolder::Earlier::kKeep;
  // Stops at the end, when the file cannot be put into its place.
  std::filesystem::create_directories(files.out / "in the way");
  BacktestProgress stopped;
  ASSERT_FALSE(RunBacktest(knowledge, options, files, stopped).ok());
  std::filesystem::remove_all(files.out);
  std::vector<std::filesystem::path> pieces;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(files.work)) {
    if (entry.is_regular_file()) pieces.push_back(entry.path());
  }
  ASSERT_EQ(pieces.size(), 6U);
  std::filesystem::remove(pieces[0]);
  std::filesystem::resize_file(pieces[1], std::filesystem::file_size(pieces[1]) / 2);

  BacktestProgress resumed;
  ASSERT_TRUE(RunBacktest(knowledge, options, files, resumed).ok());
  EXPECT_EQ(resumed.pieces_taken_over, 4U);
  EXPECT_EQ(ReadFile(files.out), ReadFile(folder / "whole.csv"));
}

TEST(RunBacktest, TakesNoPieceOfOtherDataSettingsOrPrograms) {
  const TestFolder folder;
  const features::SiteHistory history = SmallHistory();
  BacktestFiles files = FilesIn(folder, "out.csv");
  files.earlier = PieceFolder::Earlier::kKeep;
  std::filesystem::create_directories(files.out / "in the way");
  BacktestProgress first;
  ASSERT_FALSE(RunBacktest(Knowledge::Archive(history), SmallOptions(), files, first).ok());
  const auto taken_over = [&](const features::SiteHistory& data, const BacktestOptions& options,
                              const std::string& program) {
    BacktestFiles again = files;
    again.program = program;
    BacktestProgress progress;
    EXPECT_FALSE(RunBacktest(Knowledge::Archive(data), options, again, progress).ok());
    return progress.pieces_taken_over.load();
  };
  EXPECT_EQ(taken_over(history, SmallOptions(), "test"), 6U);
  EXPECT_EQ(taken_over(history, SmallOptions(), "another"), 0U);
  BacktestOptions other = SmallOptions();
  other.training.boost.seed = 7;
  EXPECT_EQ(taken_over(history, other, "test"), 0U);
  const features::SiteHistory changed =
      ChangeFuture(history, base::MakeDay(2016, 7, 30), FutureChange::kDelete);
  EXPECT_EQ(taken_over(changed, SmallOptions(), "test"), 0U);
}

// The rows issued up to `day`, without what was measured later.
std::vector<std::vector<std::string>> IssuedUpTo(const std::filesystem::path& path,
                                                 base::LocalDay day) {
  std::vector<std::vector<std::string>> rows = ReadRows(path);
  std::erase_if(rows, [&](const auto& row) { return row[kIssuedColumn] > base::FormatDay(day); });
  for (auto& row : rows) row[kObservedColumn].clear();
  return rows;
}

TEST(RunBacktest, NothingAfterADayChangesWhatWasIssuedUpToIt) {
  const TestFolder folder;
  const features::SiteHistory history = SmallHistory();
  const BacktestOptions options = SmallOptions();
  MustRun(Knowledge::Archive(history), options, FilesIn(folder, "true.csv"));
  // In the middle of an origin's days.
  const base::LocalDay day = base::MakeDay(2016, 5, 20);
  const auto expected = IssuedUpTo(folder / "true.csv", day);
  ASSERT_GT(expected.size(), 500U);
  for (const FutureChange change : features::testing::kFutureChanges) {
    const features::SiteHistory changed = ChangeFuture(history, day, change);
    MustRun(Knowledge::Archive(changed), options, FilesIn(folder, "changed.csv"));
    EXPECT_EQ(IssuedUpTo(folder / "changed.csv", day), expected);
    EXPECT_NE(ReadFile(folder / "changed.csv"), ReadFile(folder / "true.csv"));
  }
}

TEST(RunBacktest, NothingThatWasNotKnownChangesWhatWasIssuedOperationally) {
  const TestFolder folder;
  const forecast::VintageHistory vintages = SmallVintages(SmallHistory());
  BacktestOptions options = SmallOptions();
  options.horizons = {1};
  MustRun(Knowledge::Operational(vintages), options, FilesIn(folder, "true.csv"));
  const base::LocalDay day = base::MakeDay(2016, 5, 20);
  const auto expected = IssuedUpTo(folder / "true.csv", day);
  ASSERT_GT(expected.size(), 100U);
  for (const FutureChange change : features::testing::kFutureChanges) {
    const forecast::VintageHistory changed = ChangeUnknown(vintages, day, change);
    MustRun(Knowledge::Operational(changed), options, FilesIn(folder, "changed.csv"));
    EXPECT_EQ(IssuedUpTo(folder / "changed.csv", day), expected);
    EXPECT_NE(ReadFile(folder / "changed.csv"), ReadFile(folder / "true.csv"));
  }
}

TEST(RunBacktest, ForecastsOnlyTheSitesThatAreHeldOut) {
  const TestFolder folder;
  const features::SiteHistory history = SmallHistory();
  BacktestOptions options = SmallOptions();
  options.horizons = {1};
  options.hold_out_share = 0.4;
  MustRun(Knowledge::Archive(history), options, FilesIn(folder, "unseen.csv"));
  std::set<std::string> expected;
  std::size_t measuring = 0;
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    if (history.Get(airquality::Pollutant::kPm25, site).empty()) continue;
    ++measuring;
    const airquality::SiteId id = history.sites()[site].id;
    if (HeldOut(id, options.hold_out_share)) expected.insert(id.ToString());
  }
  ASSERT_GT(expected.size(), 0U);
  ASSERT_LT(expected.size(), measuring);
  std::set<std::string> given;
  for (const auto& row : ReadRows(folder / "unseen.csv")) given.insert(row[kSiteColumn]);
  EXPECT_EQ(given, expected);
}

TEST(RunBacktest, APastTooShortForAModelIsServedByTheFallbackOrNotAtAll) {
  const TestFolder folder;
  const features::SiteHistory history = SmallHistory();
  BacktestOptions options = SmallOptions();
  options.horizons = {1};
  options.training.blocks.min_rows = 1'000'000;
  const BacktestReport fallback =
      MustRun(Knowledge::Archive(history), options, FilesIn(folder, "fallback.csv"));
  EXPECT_GT(fallback.horizons.front().forecasts, 0U);
  EXPECT_EQ(fallback.horizons.front().by_model, 0U);
  EXPECT_EQ(fallback.horizons.front().without_model, 0U);

  options.from = base::LocalDay::max();
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    const auto series = history.Get(airquality::Pollutant::kPm25, site);
    if (!series.empty()) options.from = std::min(options.from, series.first_day);
  }
  options.to = options.from + std::chrono::days(10);
  const BacktestReport none =
      MustRun(Knowledge::Archive(history), options, FilesIn(folder, "none.csv"));
  EXPECT_EQ(none.horizons.front().forecasts, 0U);
  EXPECT_GT(none.horizons.front().without_model, 0U);
}

}  // namespace
}  // namespace geoclimate::backtest
