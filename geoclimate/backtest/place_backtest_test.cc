#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "geoclimate/backtest/backtest.h"
#include "geoclimate/backtest/testing/small_backtest.h"

namespace geoclimate::backtest {
namespace {

using testing::FilesIn;
using testing::MustRun;
using testing::ReadFile;
using testing::ReadRows;
using testing::SmallOptions;
using testing::TestFolder;

constexpr std::size_t kSiteColumn = 1;
constexpr std::size_t kMethodColumn = 5;
constexpr std::size_t kModelColumn = 13;

// Enough sites that most have a neighbour in reach.
features::SiteHistory DenseHistory() {
  return features::testing::MakeSyntheticHistory(
      {.sites = 30, .first_day = base::MakeDay(2015, 1, 1), .days = 700, .measures = 0.9});
}

BacktestOptions PlaceOptions() {
  BacktestOptions options = SmallOptions();
  options.basis = airquality::Basis::kNeighbours;
  options.horizons = {1};
  options.training.boost.max_rounds = 30;
  return options;
}

TEST(PlaceBacktest, ForecastsSitesFromTheirNeighboursByFitsThatHaveNotSeenThem) {
  const TestFolder folder;
  const features::SiteHistory history = DenseHistory();
  const BacktestFiles files = FilesIn(folder, "places.csv");
  const BacktestReport report = MustRun(Knowledge::Archive(history), PlaceOptions(), files);
  ASSERT_EQ(report.horizons.size(), 1U);
  const HorizonReport& horizon = report.horizons[0];
  EXPECT_GT(horizon.forecasts, 1000U);
  EXPECT_EQ(horizon.places.rows(), horizon.observed);
  EXPECT_GT(horizon.places.Coverage(), 0.7);
  EXPECT_LT(horizon.places.Coverage(), 0.9);
  EXPECT_GT(horizon.places.MeanWidth(), 0);

  // By origin and site: the folds whose forecasters spoke for it.
  std::map<std::string, std::set<char>> folds;
  std::set<char> all_folds;
  for (const std::vector<std::string>& row : ReadRows(files.out)) {
    const std::string& model = row[kModelColumn];
    const std::size_t fold = model.find("_fold");
    ASSERT_NE(fold, std::string::npos) << model;
    EXPECT_TRUE(model.starts_with("pm25_d1_neighbours")) << model;
    EXPECT_EQ(row[kMethodColumn] == "model", model.find("_fallback") == std::string::npos);
    folds[row[kSiteColumn] + model.substr(model.find("_v"))].insert(model[fold + 5]);
    all_folds.insert(model[fold + 5]);
  }
  EXPECT_EQ(all_folds, (std::set<char>{'1', '2', '3', '4'}));
  for (const auto& [site, of_site] : folds) EXPECT_EQ(of_site.size(), 1U) << site;
}

TEST(PlaceBacktest, TheIntervalIsWiderThanWhereTheSiteMeasures) {
  const TestFolder folder;
  const features::SiteHistory history = DenseHistory();
  BacktestOptions options = PlaceOptions();
  MustRun(Knowledge::Archive(history), options, FilesIn(folder, "places.csv"));
  options.basis = airquality::Basis::kSite;
  MustRun(Knowledge::Archive(history), options, FilesIn(folder, "sites.csv"));
  const auto width = [&](std::string_view name) {
    double sum = 0;
    std::size_t rows = 0;
    for (const std::vector<std::string>& row : ReadRows(folder / name)) {
      sum += std::stod(row[9]) - std::stod(row[7]);
      ++rows;
    }
    return sum / static_cast<double>(rows);
  };
  EXPECT_GT(width("places.csv"), 1.05 * width("sites.csv"));
}

TEST(PlaceBacktest, ThreadsChangeNoByteAndWhatIsKnownDoes) {
  const TestFolder folder;
  const features::SiteHistory history = DenseHistory();
  BacktestOptions options = PlaceOptions();
  MustRun(Knowledge::Archive(history), options, FilesIn(folder, "one.csv"));
  options.threads = 3;
  MustRun(Knowledge::Archive(history), options, FilesIn(folder, "three.csv"));
  EXPECT_EQ(ReadFile(folder / "one.csv"), ReadFile(folder / "three.csv"));
  const forecast::VintageHistory vintages = testing::SmallVintages(history);
  const BacktestReport operational =
      MustRun(Knowledge::Operational(vintages), options, FilesIn(folder, "operational.csv"));
  EXPECT_GT(operational.horizons[0].places.rows(), 500U);
  EXPECT_NE(ReadFile(folder / "one.csv"), ReadFile(folder / "operational.csv"));
}

}  // namespace
}  // namespace geoclimate::backtest
