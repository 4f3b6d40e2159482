// What is forecast and what it is forecast with, on measurements: neither may know the future.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <random>
#include <sstream>
#include <string>

#include "apps/geoclimate/file_history.h"
#include "apps/geoclimate/training_run.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/testing/leakage.h"
#include "geoclimate/forecast/history_loader.h"
#include "geoclimate/forecast/issue_cycle.h"
#include "geoclimate/forecast/issue_rows.h"
#include "geoclimate/forecast/past_rows.h"
#include "geoclimate/forecast/recency.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/training/fit.h"
#include "tests/integration/bundled_sample.h"

namespace geoclimate::integration {
namespace {

using airquality::Pollutant;
using features::FeatureBuilder;
using features::SiteHistory;

// The day before smoke came to Los Angeles: the future that a leak would like to know.
const base::LocalDay kToday = base::MakeDay(2020, 9, 9);

training::TrainingOptions Quick() {
  training::TrainingOptions options;
  options.boost.learning_rate = 0.1;
  options.boost.max_rounds = 40;
  options.boost.patience = 10;
  options.members = {model::MemberTarget::kNormalizedResidual};
  return options;
}

// Past tasks with all that a fit wants of them.
struct Task {
  Task(const SiteHistory& history, Pollutant pollutant, int horizon, forecast::OriginWindow origins)
      : past(forecast::FindPastRows(history, pollutant, horizon, origins)),
        matrix(FeatureBuilder(history).Build(pollutant, past.keys, 1)),
        columns(
            {FeatureBuilder::Mean30Name(pollutant), FeatureBuilder::ExpandingMeanName(pollutant)}) {
    const auto last = static_cast<std::size_t>(
        FeatureBuilder::Schema(pollutant).Find(FeatureBuilder::LastValueName(pollutant)));
    for (std::size_t row = 0; row < past.keys.size(); ++row) {
      issue_days.push_back(past.keys[row].issue_day);
      persistence.push_back(matrix.Row(row)[last]);
    }
    baselines = {{"persistence", persistence}};
  }

  training::TrainingRows View() const {
    return {.pollutant = past.pollutant,
            .horizon_days = past.horizon_days,
            .schema = FeatureBuilder::Schema(past.pollutant),
            .features = matrix,
            .issue_days = issue_days,
            .targets = past.targets,
            .baselines = baselines,
            .last_column = FeatureBuilder::LastValueName(past.pollutant),
            .reference_columns = columns};
  }

  forecast::PastRows past;
  features::FeatureMatrix matrix;
  std::array<std::string_view, 2> columns;
  std::vector<base::LocalDay> issue_days;
  std::vector<float> persistence;
  std::vector<training::BaselinePredictions> baselines;
};

// The rows that were complete at the end of `day`: measured by then.
forecast::OriginWindow KnownBy(base::LocalDay day, int horizon) {
  return {.from = base::MakeDay(2017, 1, 1), .to = day - std::chrono::days(horizon)};
}

training::TrainedForecaster MustFit(const training::TrainingRows& rows,
                                    const training::TrainingOptions& options) {
  auto trained = training::Fit(options, rows);
  EXPECT_TRUE(trained.ok()) << trained.error().ToString();
  return *std::move(trained);
}

std::shared_ptr<const inference::LoadedModel> Load(std::string id, model::Forecaster forecaster) {
  model::ModelDescription description;
  description.model_id = std::move(id);
  auto loaded =
      inference::LoadedModel::FromForecaster(std::move(description), std::move(forecaster));
  EXPECT_TRUE(loaded.ok()) << loaded.error().ToString();
  return *std::move(loaded);
}

TEST(ForecastLeakage, AModelFittedOnWhatWasKnownTodayDoesNotDependOnTheFuture) {
  const SiteHistory& history = BundledSample::History();
  const Task known(history.KnownAt(kToday), Pollutant::kNo2, 2, KnownBy(kToday, 2));
  const std::string expected = model::EncodeForecaster(MustFit(known.View(), Quick()).model);
  for (const features::testing::FutureChange change : features::testing::kFutureChanges) {
    const SiteHistory changed = features::testing::ChangeFuture(history, kToday, change);
    const Task task(changed, Pollutant::kNo2, 2, KnownBy(kToday, 2));
    EXPECT_EQ(model::EncodeForecaster(MustFit(task.View(), Quick()).model), expected);
  }
}

TEST(ForecastLeakage, ATableIssuedTodayDoesNotDependOnTheFuture) {
  const SiteHistory& history = BundledSample::History();
  forecast::IssueModels models;
  for (const Pollutant pollutant : {Pollutant::kPm25, Pollutant::kNo2}) {
    const Task task(history, pollutant, 1, KnownBy(kToday, 1));
    training::TrainedForecaster trained = MustFit(task.View(), Quick());
    models.At(pollutant, 1) = {.production = Load("model", std::move(trained.model)),
                               .fallback = Load("fallback", std::move(trained.fallback))};
  }
  const auto issue = [&](const SiteHistory& from) {
    forecast::IssueOptions options;
    options.as_of = kToday;
    const auto content = forecast::Issue(from, models, options);
    EXPECT_TRUE(content.ok()) << content.error().ToString();
    return forecast::EncodeForecastTable(*content);
  };
  const std::string expected = issue(history);
  for (const features::testing::FutureChange change : features::testing::kFutureChanges) {
    EXPECT_EQ(issue(features::testing::ChangeFuture(history, kToday, change)), expected);
  }
}

TEST(ForecastLeakage, ARowIsTheSameInTrainingAndWhenItIsServed) {
  const SiteHistory& history = BundledSample::History();
  const SiteHistory known = history.KnownAt(kToday);
  const FeatureBuilder server(known);
  for (const Pollutant pollutant : airquality::kPollutants) {
    const Task trained(history, pollutant, 1, {.from = kToday, .to = kToday});
    const forecast::IssueKeys keys =
        forecast::FindIssueKeys(known, pollutant, {kToday, kToday}, forecast::kRecent);
    const features::FeatureMatrix served = forecast::BuildIssueRows(server, pollutant, keys, 2);
    std::size_t compared = 0;
    for (std::size_t row = 0; row < trained.past.keys.size(); ++row) {
      const auto at = std::ranges::find(keys.keys, trained.past.keys[row]);
      ASSERT_NE(at, keys.keys.end()) << "what is trained on is served";
      const auto of_server = served.Row(static_cast<std::size_t>(at - keys.keys.begin()));
      EXPECT_EQ(
          std::memcmp(of_server.data(), trained.matrix.Row(row).data(), of_server.size_bytes()), 0);
      ++compared;
    }
    EXPECT_GE(compared, 3u) << airquality::Name(pollutant);
  }
}

// 1 - MSE(model) / MSE(its own baseline) on the evaluate block, after fitting on `task` with its
// errors of a plain damped baseline put back in another order (and their mean taken out), or as
// they are.
enum class Residuals { kAsTheyAre, kPermuted };
double ResidualSkill(Task task, Residuals residuals_are) {
  const auto reference =
      static_cast<std::size_t>(FeatureBuilder::Schema(task.past.pollutant)
                                   .Find(FeatureBuilder::Mean30Name(task.past.pollutant)));
  std::vector<float> baseline;
  std::vector<float> residuals;
  double mean = 0;
  for (std::size_t row = 0; row < task.past.keys.size(); ++row) {
    const float around = task.matrix.Row(row)[reference];
    baseline.push_back(around + 0.55f * (task.persistence[row] - around));
    residuals.push_back(task.past.targets[row] - baseline[row]);
    mean += double{residuals[row]} / static_cast<double>(task.past.keys.size());
  }
  std::mt19937 random(17);
  if (residuals_are == Residuals::kPermuted) std::ranges::shuffle(residuals, random);
  for (std::size_t row = 0; row < residuals.size(); ++row) {
    task.past.targets[row] = baseline[row] + residuals[row] - static_cast<float>(mean);
  }
  const training::FitReport report = MustFit(task.View(), Quick()).report;
  return 1 - std::pow(report.model.rmse / report.fallback.rmse, 2);
}

// The negative control: errors of the baseline that have lost their rows cannot be explained. With
// some thousand rows to judge on, chance moves the skill by less than half a percent either way.
TEST(ForecastLeakage, PermutedResidualsGiveNoSkill) {
  constexpr double kChance = 0.005;
  for (const int horizon : {1, 3}) {
    const auto skill = [&](Residuals residuals) {
      return ResidualSkill(
          Task(BundledSample::History(), Pollutant::kNo2, horizon, KnownBy(kToday, horizon)),
          residuals);
    };
    EXPECT_NEAR(skill(Residuals::kPermuted), 0, kChance) << horizon;
    EXPECT_GT(skill(Residuals::kAsTheyAre), 10 * kChance) << "with the same fit, " << horizon;
  }
}

// Training reads files or the store, the server reads the store as it is on the day: the same site
// and day give the same bits.
TEST(ForecastLeakage, ARowOfFilesInTrainingIsTheRowThatIsServedFromTheStore) {
  BundledSample sample;
  std::ostringstream warnings;
  const auto files = app::ReadFileHistory(
      {.paths = {std::filesystem::path(GEOCLIMATE_SOURCE_DIR) / "data/epa/daily"}}, warnings);
  ASSERT_TRUE(files.ok()) << files.error().ToString();
  EXPECT_EQ(warnings.str(), "");
  for (const base::LocalDay day : {base::MakeDay(2018, 2, 3), kToday}) {
    const SiteHistory known = *forecast::LoadSiteHistory(sample.store(), {.as_of = day});
    const FeatureBuilder server(known);
    for (const Pollutant pollutant : airquality::kPollutants) {
      const Task trained(*files, pollutant, 1, {.from = day, .to = day});
      const forecast::IssueKeys keys =
          forecast::FindIssueKeys(known, pollutant, {day, day}, forecast::kRecent);
      const features::FeatureMatrix served = forecast::BuildIssueRows(server, pollutant, keys, 1);
      EXPECT_GE(trained.past.keys.size(), 2U) << airquality::Name(pollutant);
      for (std::size_t row = 0; row < trained.past.keys.size(); ++row) {
        const features::RowKey& key = trained.past.keys[row];
        const auto site = known.FindSite(files->sites()[key.site].id);
        ASSERT_TRUE(site.has_value());
        const auto at = std::ranges::find(keys.keys, features::RowKey{*site, day});
        ASSERT_NE(at, keys.keys.end()) << "what is trained on is served";
        const auto of_server = served.Row(static_cast<std::size_t>(at - keys.keys.begin()));
        EXPECT_EQ(
            std::memcmp(of_server.data(), trained.matrix.Row(row).data(), of_server.size_bytes()),
            0)
            << airquality::Name(pollutant) << " " << known.sites()[*site].id.ToString();
      }
    }
  }
}

// Of the judged forecaster: what training says it scored is what the server's engine scores.
TEST(ForecastLeakage, TheServersEngineScoresWhatTrainingReports) {
  const Task task(BundledSample::History(), Pollutant::kNo2, 1, KnownBy(kToday, 1));
  training::TrainingOptions options = Quick();
  options.members = training::TrainingOptions().members;
  options.refit = training::Refit::kNone;
  training::TrainedForecaster trained = MustFit(task.View(), options);
  const std::size_t rows = trained.report.evaluate.rows;
  const std::size_t first = task.past.keys.size() - rows;
  const auto loaded = Load("judged", std::move(trained.model));
  std::vector<model::Distribution> served(rows);
  ASSERT_TRUE(
      loaded
          ->PredictDistributions(std::span(task.matrix.values).subspan(first * task.matrix.columns),
                                 rows, served)
          .ok());
  double squares = 0;
  std::size_t inside = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const double observed = double{task.past.targets[first + i]};
    squares += std::pow(double{served[i].mean} - observed, 2);
    if (observed >= double{served[i].quantiles[model::kP10]} &&
        observed <= double{served[i].quantiles[model::kP90]}) {
      ++inside;
    }
  }
  const auto n = static_cast<double>(rows);
  EXPECT_NEAR(std::sqrt(squares / n), trained.report.model.rmse, 1e-9);
  EXPECT_NEAR(static_cast<double>(inside) / n, trained.report.coverage, 1e-9);
}

}  // namespace
}  // namespace geoclimate::integration
