#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "geoclimate/backtest/backtest.h"
#include "geoclimate/backtest/backtest_options.h"
#include "geoclimate/base/check.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/features/testing/leakage.h"
#include "geoclimate/features/testing/synthetic_history.h"
#include "geoclimate/forecast/vintage_history.h"

namespace geoclimate::backtest::testing {

// A network and fits that are small enough for a test: some seconds for a whole backtest.
inline features::SiteHistory SmallHistory() {
  return features::testing::MakeSyntheticHistory(
      {.sites = 12, .first_day = base::MakeDay(2015, 1, 1), .days = 700, .measures = 0.9});
}

inline BacktestOptions SmallOptions() {
  BacktestOptions options;
  options.from = base::MakeDay(2016, 3, 1);
  options.to = base::MakeDay(2016, 7, 31);
  options.refit_days = 60;
  options.pollutants = {airquality::Pollutant::kPm25};
  options.horizons = {1, 3};
  options.training.boost.learning_rate = 0.2;
  options.training.boost.max_rounds = 15;
  options.training.boost.min_rows_per_leaf = 20;
  options.training.leaf_scale.fill(1);
  options.training.blocks.min_rows = 100;
  return options;
}

// `history` as an operation would have come to know it: every other site's values come from filters
// and are known a month later, every fifth value of the others was a little lower at first.
inline forecast::VintageHistory SmallVintages(const features::SiteHistory& history) {
  forecast::VintageHistory::Builder builder;
  for (const airquality::Site& site : history.sites()) builder.AddSite(site);
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    for (std::size_t site = 0; site < history.sites().size(); ++site) {
      const features::SiteHistory::Series series = history.Get(pollutant, site);
      for (std::size_t i = 0; i < series.values.size(); ++i) {
        const float value = series.values[i];
        if (value != value) continue;
        const base::LocalDay day = series.first_day + std::chrono::days(i);
        const airquality::SiteId id = history.sites()[site].id;
        const base::LocalDay next = day + std::chrono::days(1);
        const base::LocalDay month = day + std::chrono::days(31);
        if (site % 2 == 1) {
          builder.Add(pollutant, id, day, month, value);
        } else if (i % 5 == 0) {
          builder.Add(pollutant, id, day, next, 0.9F * value);
          builder.Add(pollutant, id, day, month, value);
        } else {
          builder.Add(pollutant, id, day, next, value);
        }
      }
    }
  }
  return std::move(builder).Finish();
}

// `vintages` with every version that is not known on `day` deleted, replaced, or known and measured
// three days later. What is known on `day` is the same.
inline forecast::VintageHistory ChangeUnknown(const forecast::VintageHistory& vintages,
                                              base::LocalDay day,
                                              features::testing::FutureChange change) {
  using features::testing::FutureChange;
  using Key = std::tuple<airquality::Pollutant, airquality::SiteId, base::LocalDay, base::LocalDay>;
  std::map<Key, float> steps;  // in the order that the builder wants
  vintages.Visit([&](airquality::Pollutant pollutant, airquality::SiteId site,
                     base::LocalDay of_day, base::LocalDay known_from, float value) {
    constexpr std::chrono::days kLater(3);
    if (known_from <= day) {
      steps[{pollutant, site, of_day, known_from}] = value;
    } else if (change == FutureChange::kReplace) {
      steps[{pollutant, site, of_day, known_from}] = 3 * value + 1;
    } else if (change == FutureChange::kShift) {
      steps[{pollutant, site, of_day + kLater, known_from + kLater}] = value;
    }
  });
  forecast::VintageHistory::Builder builder;
  for (const airquality::Site& site : vintages.truth().sites()) builder.AddSite(site);
  for (const auto& [key, value] : steps) {
    const auto& [pollutant, site, of_day, known_from] = key;
    builder.Add(pollutant, site, of_day, known_from, value);
  }
  return std::move(builder).Finish();
}

// A folder of its own, gone with it.
class TestFolder {
 public:
  TestFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "backtest-XXXXXX").string();
    GC_CHECK(::mkdtemp(path.data()) != nullptr, "a test needs a folder");
    path_ = path;
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return std::move(bytes).str();
}

// The lines of a file of forecasts, without its header, each taken apart at its commas.
inline std::vector<std::vector<std::string>> ReadRows(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string>& row = rows.emplace_back();
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) row.push_back(field);
  }
  return rows;
}

// FILE of that name in the folder, with its pieces beside it.
inline BacktestFiles FilesIn(const TestFolder& folder, std::string_view name) {
  BacktestFiles files;
  files.out = folder / name;
  files.work = files.out.string() + ".work";
  files.program = "test";
  return files;
}

// A run that succeeds and does all the work that it announced.
inline BacktestReport MustRun(const Knowledge& knowledge, const BacktestOptions& options,
                              const BacktestFiles& files) {
  BacktestProgress progress;
  auto report = RunBacktest(knowledge, options, files, progress);
  EXPECT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_EQ(progress.pieces_done, progress.pieces);
  EXPECT_EQ(progress.work_done, progress.work);
  return *std::move(report);
}

}  // namespace geoclimate::backtest::testing
