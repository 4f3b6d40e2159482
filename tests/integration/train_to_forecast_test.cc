// From stored measurements to a served table and its verdict: train, publish, promote, issue,
// verify.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "apps/geoclimate/issue_models.h"
#include "apps/geoclimate/model_publishing.h"
#include "apps/geoclimate/training_output.h"
#include "apps/geoclimate/training_run.h"
#include "geoclimate/blob/local/local_blob_store.h"
#include "geoclimate/features/testing/leakage.h"
#include "geoclimate/forecast/publish_issue.h"
#include "geoclimate/forecast/verification.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/store/sqlite/sqlite_store.h"
#include "tests/integration/bundled_sample.h"

namespace geoclimate::integration {
namespace {

using airquality::Method;
using airquality::Pollutant;
using ::testing::HasSubstr;

const base::LocalDay kTrainedOn = base::MakeDay(2020, 6, 30);

training::TrainingOptions Quick() {
  training::TrainingOptions options;
  options.boost.learning_rate = 0.1;
  options.boost.max_rounds = 60;
  options.boost.patience = 15;
  return options;
}

// SO2 has a model nowhere: its members do not beat the baseline on the sample.
const std::vector<app::TrainingJob>& Jobs() {
  static const std::vector<app::TrainingJob> kJobs = {
      {Pollutant::kNo2, 1}, {Pollutant::kNo2, 2}, {Pollutant::kSo2, 1}};
  return kJobs;
}

// Trained once: both tests look at the same run.
const std::vector<app::TrainedJob>& Trained() {
  static const std::vector<app::TrainedJob> kTrained = [] {
    app::TrainingProgress progress;
    return app::TrainAll(BundledSample::History().KnownAt(kTrainedOn), Jobs(), Quick(), 2,
                         progress);
  }();
  return kTrained;
}

class TrainToForecast : public ::testing::Test {
 protected:
  TrainToForecast() {
    std::string name =
        (std::filesystem::temp_directory_path() / "geoclimate-train-XXXXXX").string();
    GC_CHECK(mkdtemp(name.data()) != nullptr, "there is a place for temporary files");
    folder_ = name;
    blobs_ = *blob::LocalBlobStore::Open(folder_ / "blobs");
    stores_ = *store::OpenSqliteStores(folder_ / "db", {}, clock_);
    registry_ = std::make_unique<registry::Registry>(*blobs_, clock_);
  }
  ~TrainToForecast() override {
    stores_ = {};
    std::filesystem::remove_all(folder_);
  }

  app::PublishedJob MustPublish(const app::TrainedJob& job, app::PromoteTrained promote) {
    auto published = app::PublishTrained(*registry_, job, promote);
    EXPECT_TRUE(published.ok()) << published.error().ToString();
    return *std::move(published);
  }

  std::filesystem::path folder_;
  base::FakeClock clock_{base::Timestamp(std::chrono::hours(450'000))};
  std::unique_ptr<blob::LocalBlobStore> blobs_;
  store::Stores stores_;
  std::unique_ptr<registry::Registry> registry_;
};

TEST_F(TrainToForecast, WhatIsPromotedForecastsAndItsForecastsAreJudged) {
  for (const app::TrainedJob& job : Trained()) {
    ASSERT_TRUE(job.trained.ok()) << job.trained.error().ToString();
    const app::PublishedJob published = MustPublish(job, app::PromoteTrained::kWhereTheGateAllows);
    if (job.job.pollutant == Pollutant::kNo2) {
      EXPECT_EQ(published.promoted, published.model_id);
      EXPECT_NE(published.model_id, "");
    }
  }
  const auto models = app::LoadIssueModels(*registry_);
  ASSERT_TRUE(models.ok()) << models.error().ToString();

  // Forecasts of three months that no fit has seen.
  const features::SiteHistory& history = BundledSample::History();
  forecast::IssueOptions options;
  for (int day = 0; day < 92; ++day) {
    options.as_of = kTrainedOn + std::chrono::days(day);
    options.issued_at = clock_.Now();
    const auto content = forecast::Issue(history, *models, options);
    ASSERT_TRUE(content.ok()) << content.error().ToString();
    ASSERT_TRUE(stores_.issued_forecasts->Put(forecast::IssuedForecasts(*content)).ok());
  }
  const auto verified = forecast::VerifyIssued(
      *stores_.issued_forecasts,
      [&]() -> base::Result<features::SiteHistory> { return history.KnownAt(*history.LastDay()); },
      {kTrainedOn, options.as_of});
  ASSERT_TRUE(verified.ok()) << verified.error().ToString();
  EXPECT_GT(verified->judged, 5'000u);
  ASSERT_EQ(verified->groups.size(), 3u);
  for (const forecast::ScoredGroup& group : verified->groups) {
    if (group.pollutant == Pollutant::kNo2) {
      EXPECT_GT(group.score().skill, 0.05);
    }
    EXPECT_GT(group.score().coverage, 0.65);
    EXPECT_LT(group.score().coverage, 0.95);
  }
}

TEST_F(TrainToForecast, AnIssueFromTheStoreIsTheCurrentTableAndIsKept) {
  for (const app::TrainedJob& job : Trained()) {
    MustPublish(job, app::PromoteTrained::kWhereTheGateAllows);
  }
  const auto models = app::LoadIssueModels(*registry_);
  ASSERT_TRUE(models.ok());
  BundledSample sample;
  forecast::TableStore tables(*blobs_, clock_);
  forecast::IssueOptions options;
  options.as_of = base::MakeDay(2020, 12, 31);
  options.issued_at = clock_.Now();
  const auto published = forecast::PublishIssue({sample.store(), *stores_.issued_forecasts, tables},
                                                *models, options, "test");
  ASSERT_TRUE(published.ok()) << published.error().ToString();
  const auto table = tables.LoadCurrent();
  ASSERT_TRUE(table.ok());
  EXPECT_EQ((*table)->digest(), published->table.digest);
  EXPECT_EQ((*table)->content().sites.size(), published->sites);

  // Los Angeles, North Main Street measures all of them.
  const forecast::SiteForecast* site = (*table)->Find(airquality::SiteId::FromParts(6, 37, 1103));
  ASSERT_NE(site, nullptr);
  EXPECT_EQ(site->utc_offset, std::chrono::hours(-8));
  ASSERT_EQ(site->days.size(), 2u) << "of a third day nothing was trained";
  ASSERT_EQ(site->days[0].pollutants.size(), 2u);
  EXPECT_EQ(site->days[0].pollutants[0].method, Method::kModel);
  EXPECT_EQ(site->days[0].pollutants[1].pollutant, Pollutant::kSo2);
  std::uint64_t kept = 0;
  ASSERT_TRUE(stores_.issued_forecasts
                  ->Visit({.from = options.as_of,
                           .to = options.as_of + std::chrono::days(3),
                           .pollutant = {},
                           .horizon_days = {}},
                          [&kept](const airquality::IssuedForecast&) { ++kept; })
                  .ok());
  EXPECT_EQ(kept, published->forecasts);
}

TEST_F(TrainToForecast, WithoutAPromotionTheLabelledFallbackForecasts) {
  const app::PublishedJob published = MustPublish(Trained()[0], app::PromoteTrained::kNo);
  EXPECT_NE(published.model_id, "");
  EXPECT_EQ(published.promoted, "");
  const auto models = app::LoadIssueModels(*registry_);
  ASSERT_TRUE(models.ok());
  EXPECT_EQ(models->At(Pollutant::kNo2, 1).production, nullptr);
  forecast::IssueOptions options;
  options.as_of = kTrainedOn;
  const auto content = forecast::Issue(BundledSample::History(), *models, options);
  ASSERT_TRUE(content.ok());
  ASSERT_EQ(content->model_ids, std::vector<std::string>{published.fallback_id});
  for (const forecast::SiteForecast& site : content->sites) {
    EXPECT_NE(site.days[0].pollutants[0].method, Method::kModel);
  }
}

TEST_F(TrainToForecast, WithoutAnyForecasterOneIsToldToTrain) {
  const auto models = app::LoadIssueModels(*registry_);
  ASSERT_FALSE(models.ok());
  EXPECT_THAT(models.error().message(), HasSubstr("geoclimate train"));
}

TEST_F(TrainToForecast, TheSameDataGiveTheSameArtifactsOnAnyNumberOfThreads) {
  app::TrainingProgress progress;
  const std::vector<app::TrainingJob> jobs = {Jobs()[2], Jobs()[0]};
  const std::vector<app::TrainedJob> again =
      app::TrainAll(BundledSample::History().KnownAt(kTrainedOn), jobs, Quick(), 1, progress);
  EXPECT_EQ(progress.jobs_done, 2u);
  EXPECT_EQ(progress.work_done, progress.work);
  const auto bytes = [](const app::TrainedJob& job) {
    return model::EncodeForecaster(job.trained->model) +
           model::EncodeForecaster(job.trained->fallback);
  };
  EXPECT_EQ(bytes(again[0]), bytes(Trained()[2]));
  EXPECT_EQ(bytes(again[1]), bytes(Trained()[0]));
}

TEST_F(TrainToForecast, APollutantWithTooFewRowsIsSaidAndTheOthersAreTrained) {
  const features::SiteHistory early = BundledSample::History().KnownAt(base::MakeDay(2017, 1, 20));
  app::TrainingProgress progress;
  const std::vector<app::TrainingJob> jobs = {{Pollutant::kPm10, 1}};
  std::vector<app::TrainingResult> results(1);
  results[0].job = std::move(app::TrainAll(early, jobs, Quick(), 1, progress)[0]);
  ASSERT_FALSE(results[0].job.trained.ok());
  EXPECT_EQ(results[0].job.trained.error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_THAT(app::RenderTrainingTable(results), HasSubstr("not fitted"));
  const auto json = formats::ParseJson(app::RenderTrainingJson(results));
  ASSERT_TRUE(json.ok());
  EXPECT_TRUE(json->ArrayAt("results")->front().StringAt("error").ok());
}

TEST_F(TrainToForecast, TheTableNamesTheBestBaselineAndTheSkill) {
  std::vector<app::TrainingResult> results;
  for (const app::TrainedJob& job : Trained()) {
    app::TrainingResult result;
    result.published = MustPublish(job, app::PromoteTrained::kNo);
    result.job = job;
    results.push_back(std::move(result));
  }
  const std::string table = app::RenderTrainingTable(results);
  EXPECT_THAT(table, HasSubstr("NO2    1"));
  EXPECT_THAT(table, HasSubstr("*"));
  const auto json = formats::ParseJson(app::RenderTrainingJson(results));
  ASSERT_TRUE(json.ok());
  const auto entries = json->ArrayAt("results");
  ASSERT_EQ(entries->size(), 3u);
  const formats::Json& no2 = entries->front();
  EXPECT_EQ(*no2.StringAt("pollutant"), "NO2");
  EXPECT_GT(*no2.NumberAt("skill"), 0.05);
  EXPECT_EQ(no2.Find("rmse")->AsObject()->size(), 8u) << "six baselines, the fallback, the model";
}

}  // namespace
}  // namespace geoclimate::integration
