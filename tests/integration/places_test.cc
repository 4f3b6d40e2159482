// Places without values of their own on the bundled sample: what forecasts of sites that were never
// seen are worth there, and that they know nothing of these sites.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/geoclimate/training_run.h"
#include "geoclimate/backtest/backtest.h"
#include "geoclimate/features/place_row_builder.h"
#include "geoclimate/forecast/past_rows.h"
#include "geoclimate/forecast/place_rows.h"
#include "geoclimate/inference/loaded_model.h"
#include "tests/integration/bundled_sample.h"

namespace geoclimate::integration {
namespace {

using airquality::Basis;
using airquality::Pollutant;

training::TrainingOptions Quick() {
  training::TrainingOptions options;
  options.boost.learning_rate = 0.1;
  options.boost.max_rounds = 60;
  options.boost.patience = 15;
  return options;
}

backtest::BacktestReport Backtest(Basis basis, const std::vector<Pollutant>& pollutants) {
  std::string folder =
      (std::filesystem::temp_directory_path() / "geoclimate-places-XXXXXX").string();
  GC_CHECK(mkdtemp(folder.data()) != nullptr, "there is a place for temporary files");
  backtest::BacktestOptions options;
  options.from = base::MakeDay(2020, 1, 1);
  options.to = base::MakeDay(2020, 12, 30);
  options.refit_days = 366;
  options.pollutants = pollutants;
  options.horizons = {1};
  options.basis = basis;
  options.training = Quick();
  backtest::BacktestProgress progress;
  auto report =
      backtest::RunBacktest(backtest::Knowledge::Archive(BundledSample::History()), options,
                            {.out = folder + "/out.csv",
                             .work = folder + "/work",
                             .earlier = backtest::PieceFolder::Earlier::kDiscard,
                             .program = "test"},
                            progress);
  GC_CHECK(report.ok(), "the sample can be forecast");
  std::filesystem::remove_all(folder);
  return *std::move(report);
}

TEST(Places, ForecastsAtSitesNeverSeenAreBetterThanInterpolationAndAsSureAsTheySay) {
  const backtest::BacktestReport report =
      Backtest(Basis::kNeighbours, {Pollutant::kPm25, Pollutant::kO3, Pollutant::kNo2});
  ASSERT_EQ(report.horizons.size(), 3U);
  for (const backtest::HorizonReport& one : report.horizons) {
    SCOPED_TRACE(airquality::Name(one.pollutant));
    EXPECT_GT(one.places.rows(), 2'000U);
    EXPECT_GT(one.places.Coverage(), 0.72);
    EXPECT_LT(one.places.Coverage(), 0.88);
    EXPECT_GT(one.places.Skill(), -0.01);
  }
  // ug/m3; persistence of the sites' own values comes to about 5 in this year of smoke.
  EXPECT_LT(report.horizons[0].places.Rmse(), 8);
}

TEST(Places, ATrainedForecasterSaysTheSameWhateverTheSiteItselfMeasured) {
  const features::SiteHistory& history = BundledSample::History();
  app::TrainingProgress progress;
  const std::vector<app::TrainingJob> jobs = {{Pollutant::kPm25, 1, Basis::kNeighbours}};
  const std::vector<app::TrainedJob> trained =
      app::TrainAll(history.KnownAt(base::MakeDay(2020, 6, 30)), jobs, Quick(), 1, progress);
  ASSERT_TRUE(trained[0].trained.ok()) << trained[0].trained.error().ToString();
  EXPECT_EQ(app::ModelName(jobs[0]), "pm25_d1_neighbours");
  EXPECT_EQ(progress.work_done, progress.work);
  const auto model = *inference::LoadedModel::FromForecaster({}, trained[0].trained->model);
  EXPECT_FALSE(model->forecaster()->members.empty());

  const std::size_t site = *history.FindSite(airquality::SiteId::FromParts(6, 37, 1103));
  features::SiteHistory::Builder builder;
  for (const airquality::Site& one : history.sites()) builder.AddSite(one);
  for (const Pollutant pollutant : airquality::kPollutants) {
    for (std::size_t s = 0; s < history.sites().size(); ++s) {
      const features::SiteHistory::Series series = history.Get(pollutant, s);
      for (std::size_t i = 0; i < series.values.size(); ++i) {
        if (std::isnan(series.values[i])) continue;
        builder.Set(pollutant, history.sites()[s].id, series.first_day + std::chrono::days(i),
                    s == site ? 10 * series.values[i] + 3 : series.values[i]);
      }
    }
  }
  const features::SiteHistory replaced = std::move(builder).Finish();
  std::vector<features::RowKey> keys;
  for (int day = 0; day < 180; day += 10) {
    keys.push_back({site, base::MakeDay(2020, 7, 1) + std::chrono::days(day)});
  }
  const auto said = [&](const features::SiteHistory& from) {
    const forecast::PlaceRows rows =
        forecast::BuildPlaceRows(features::PlaceRowBuilder(from), Pollutant::kPm25, keys, 1);
    std::vector<model::Distribution> distributions(rows.features.rows);
    EXPECT_TRUE(
        model->PredictDistributions(rows.features.values, rows.features.rows, distributions).ok());
    return distributions;
  };
  EXPECT_EQ(said(history).size(), keys.size());
  EXPECT_EQ(said(history), said(replaced));
}

}  // namespace
}  // namespace geoclimate::integration
