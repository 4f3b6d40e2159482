// What a version's card says is what its fit found, in both modes of knowledge.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apps/geoclimate/card_completion.h"
#include "apps/geoclimate/model_publishing.h"
#include "apps/geoclimate/models_output.h"
#include "apps/geoclimate/operational_scores.h"
#include "apps/geoclimate/training_output.h"
#include "apps/geoclimate/training_run.h"
#include "geoclimate/base/check.h"
#include "geoclimate/blob/local/local_blob_store.h"
#include "geoclimate/features/testing/synthetic_weather.h"
#include "geoclimate/formats/json.h"
#include "tests/integration/bundled_sample.h"

namespace geoclimate::integration {
namespace {

using airquality::Pollutant;
using std::chrono::days;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const base::LocalDay kTrainedOn = base::MakeDay(2020, 6, 30);
const app::OperationalOptions kWholeBlock = {.longest = days(10'000), .threads = 2};

training::TrainingOptions Quick() {
  training::TrainingOptions options;
  options.boost.learning_rate = 0.1;
  options.boost.max_rounds = 40;
  options.boost.patience = 15;
  return options;
}

const features::SiteHistory& Truth() {
  static const features::SiteHistory truth = BundledSample::History().KnownAt(kTrainedOn);
  return truth;
}

// NO2 at D+1 with the archive scores on its cards, fitted once.
app::TrainedJob Trained() {
  static const app::TrainedJob trained = [] {
    app::TrainingProgress progress;
    const std::vector<app::TrainingJob> jobs = {{Pollutant::kNo2, 1}};
    return app::TrainAll(Truth(), jobs, Quick(), 1, progress).front();
  }();
  GC_CHECK(trained.trained.ok(), "the sample has rows of NO2");
  return trained;
}

// The same values, each known so many days after its day.
forecast::VintageHistory KnownAfter(days wait) {
  forecast::VintageHistory::Builder builder;
  for (const airquality::Site& site : Truth().sites()) builder.AddSite(site);
  for (const Pollutant pollutant : airquality::kPollutants) {
    for (std::size_t site = 0; site < Truth().sites().size(); ++site) {
      const features::SiteHistory::Series series = Truth().Get(pollutant, site);
      for (std::size_t i = 0; i < series.values.size(); ++i) {
        if (std::isnan(series.values[i])) continue;
        const base::LocalDay day = series.first_day + days(i);
        builder.Add(pollutant, Truth().sites()[site].id, day, day + wait, series.values[i]);
      }
    }
  }
  return std::move(builder).Finish();
}

app::TrainingCards CardsWhenKnownAfter(days wait, const app::OperationalOptions& options,
                                       app::TrainedJob job = Trained()) {
  app::OperationalProgress progress;
  const auto added = app::AddOperationalScores(KnownAfter(wait), {&job, 1}, options, progress);
  EXPECT_TRUE(added.ok()) << added.error().ToString();
  EXPECT_EQ(progress.days_done, progress.days);
  return std::move(job.cards);
}

void ExpectSameFigures(const model::CardScores& got, const model::CardScores& expected) {
  EXPECT_EQ(got.rows, expected.rows);
  EXPECT_EQ(got.first_issue_day, expected.first_issue_day);
  EXPECT_EQ(got.last_valid_day, expected.last_valid_day);
  EXPECT_EQ(got.forecast.rmse.value, expected.forecast.rmse.value);
  EXPECT_EQ(got.skill.low, expected.skill.low);
  EXPECT_EQ(got.coverage.value, expected.coverage.value);
  EXPECT_EQ(got.brier.value, expected.brier.value);
  EXPECT_EQ(got.best_baseline, expected.best_baseline);
}

TEST(ModelCard, ArchiveScoresAreThoseOfTheFitsReport) {
  const app::TrainedJob job = Trained();
  const training::FitReport& report = job.trained->report;
  const auto expect = [&](const model::ModelCard& card, const training::MethodScore& score,
                          double skill, double coverage) {
    ASSERT_EQ(card.scores.size(), 1U);
    const model::CardScores& scores = card.scores.front();
    EXPECT_EQ(scores.known, "archive");
    EXPECT_EQ(scores.rows, report.scored_rows);
    EXPECT_EQ(scores.forecast.name, score.name);
    EXPECT_NEAR(scores.forecast.rmse.value, score.rmse, 1e-9 * score.rmse);
    EXPECT_NEAR(scores.forecast.mae, score.mae, 1e-9 * score.mae);
    EXPECT_NEAR(scores.skill.value, skill, 1e-9);
    EXPECT_NEAR(scores.coverage.value, coverage, 1e-9);
    EXPECT_LT(scores.skill.low, skill);
    EXPECT_GT(scores.skill.high, skill);
    ASSERT_EQ(scores.baselines.size(), report.baselines.size());
    for (std::size_t i = 0; i < report.baselines.size(); ++i) {
      EXPECT_EQ(scores.baselines[i].name, report.baselines[i].name);
      EXPECT_NEAR(scores.baselines[i].rmse.value, report.baselines[i].rmse,
                  1e-9 * report.baselines[i].rmse);
    }
    std::uint64_t rows = 0;
    for (const model::CardSite& site : card.sites) rows += site.rows;
    EXPECT_EQ(rows, scores.rows);
  };
  expect(job.cards.model, report.model, report.skill, report.coverage);
  expect(job.cards.fallback, report.fallback, report.fallback_skill, report.fallback_coverage);
}

TEST(ModelCard, KnowingEachDayAtItsEndOperationalScoresAreTheArchives) {
  const app::TrainingCards cards = CardsWhenKnownAfter(days(0), kWholeBlock);
  for (const model::ModelCard* card : {&cards.model, &cards.fallback}) {
    ASSERT_EQ(card->scores.size(), 2U);
    EXPECT_EQ(card->scores[1].known, "operational");
    ExpectSameFigures(card->scores[1], card->scores[0]);
  }
}

// Perfect forecasts that come at 20:00: at 15:00 yesterday's are known, which say the same.
TEST(ModelCard, WeatherIsReadAsItWasKnownAtTheIssueTime) {
  const features::WeatherHistory weather = features::testing::MakeWeather(
      features::testing::ChemistryVariables(),
      features::testing::PerfectForecasts(Truth(), Pollutant::kNo2, 3, std::chrono::hours(20)));
  app::TrainingProgress progress;
  const std::vector<app::TrainingJob> jobs = {{Pollutant::kNo2, 1}};
  const app::TrainedJob job = app::TrainAll(Truth(), jobs, Quick(), 1, progress, &weather).front();
  ASSERT_TRUE(job.trained.ok()) << job.trained.error().ToString();
  app::OperationalOptions options = kWholeBlock;
  const app::TrainingCards without = CardsWhenKnownAfter(days(0), options, job);
  EXPECT_EQ(without.model.scores.size(), 1U) << "it does not speak without its weather";
  EXPECT_EQ(without.fallback.scores.size(), 2U);
  EXPECT_EQ(without.model.features.back().name, "weather_pm2_5_ug_m3");
  EXPECT_LT(without.fallback.features.size(), without.model.features.size());
  options.weather = &weather;
  const model::ModelCard card = CardsWhenKnownAfter(days(0), options, job).model;
  ASSERT_EQ(card.scores.size(), 2U);
  EXPECT_NEAR(card.scores[0].skill.value, job.trained->report.skill, 1e-9);
  ExpectSameFigures(card.scores[1], card.scores[0]);
}

TEST(ModelCard, KnowingLessAForecastIsWorthLess) {
  const model::ModelCard card = CardsWhenKnownAfter(days(1), kWholeBlock).model;
  ASSERT_EQ(card.scores.size(), 2U);
  EXPECT_GT(card.scores[1].forecast.rmse.value, 1.05 * card.scores[0].forecast.rmse.value);
  // The baselines know the day to its end either way.
  EXPECT_EQ(card.scores[1].best_baseline, card.scores[0].best_baseline);
}

TEST(ModelCard, OnlyTheLastDaysOfTheBlockAreJudgedOperationally) {
  const model::CardScores few =
      CardsWhenKnownAfter(days(1), {.longest = days(60)}).model.scores.at(1);
  EXPECT_EQ(few.last_valid_day, Trained().trained->report.evaluate.last_valid_day);
  EXPECT_EQ(few.first_issue_day, few.last_valid_day - days(60));
  ExpectSameFigures(
      CardsWhenKnownAfter(days(1), {.longest = days(60), .threads = 3}).model.scores.at(1), few);
}

TEST(ModelCard, WhatIsKnownTooLateGivesNoOperationalScores) {
  EXPECT_EQ(CardsWhenKnownAfter(days(30), {.longest = days(60)}).model.scores.size(), 1U);
}

class PublishedCard : public ::testing::Test {
 protected:
  PublishedCard() {
    std::string name = (std::filesystem::temp_directory_path() / "geoclimate-card-XXXXXX").string();
    GC_CHECK(mkdtemp(name.data()) != nullptr, "there is a place for temporary files");
    folder_ = name;
    blobs_ = *blob::LocalBlobStore::Open(folder_ / "blobs");
    registry_ = std::make_unique<registry::Registry>(*blobs_, clock_);
  }
  ~PublishedCard() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  base::FakeClock clock_{base::Timestamp(std::chrono::hours(450'000))};
  std::unique_ptr<blob::LocalBlobStore> blobs_;
  std::unique_ptr<registry::Registry> registry_;
};

TEST_F(PublishedCard, IsCompleteAndShownWithItsVersion) {
  BundledSample sample;
  const auto measurements = app::LoadMeasurements(sample.store(), kTrainedOn);
  ASSERT_TRUE(measurements.ok()) << measurements.error().ToString();
  std::vector<app::TrainedJob> jobs = {Trained()};
  const auto completed = app::CompleteCards(*measurements, nullptr, 2, jobs);
  ASSERT_TRUE(completed.ok()) << completed.error().ToString();
  const auto published =
      app::PublishTrained(*registry_, jobs.front(), app::PromoteTrained::kWhereTheGateAllows);
  ASSERT_TRUE(published.ok()) << published.error().ToString();
  ASSERT_NE(published->model_id, "");

  const auto description = registry_->Find(published->model_id);
  ASSERT_TRUE(description.ok());
  const auto card = registry_->LoadCard(*description);
  ASSERT_TRUE(card.ok()) << card.error().ToString();
  EXPECT_EQ(model::EncodeCard(*card), model::EncodeCard(jobs.front().cards.model));
  EXPECT_EQ(card->model_name, "no2_d1");
  EXPECT_EQ(card->schema_fingerprint, description->schema_fingerprint);
  EXPECT_EQ(card->features.size(), description->features.size());
  EXPECT_EQ(card->training.rows, jobs.front().rows);
  EXPECT_EQ(card->training.first_day, description->training_window->first);
  EXPECT_EQ(card->training.last_day, description->training_window->last);
  EXPECT_THAT(card->training.states, ElementsAre("California", "New York"));
  ASSERT_FALSE(card->training.sources.empty());
  EXPECT_EQ(card->training.sources.front().parameter, 42602U);
  EXPECT_LE(card->training.sources.front().last_day, kTrainedOn);
  ASSERT_EQ(card->scores.size(), 2U);
  EXPECT_NEAR(card->scores[0].skill.value,
              description->metrics.at(std::string(model::kMseSkillMetric)), 1e-9);
  EXPECT_LT(card->scores[1].skill.value, card->scores[0].skill.value);
  EXPECT_GE(card->scores[1].first_issue_day, card->scores[0].first_issue_day);
  EXPECT_FALSE(card->sites.empty());
  EXPECT_FALSE(card->limits.empty());
  EXPECT_THAT(app::RenderModelText(*description, &*card), HasSubstr("### Knowledge: operational"));

  const app::TrainingResult result = {.job = jobs.front(), .published = *published};
  EXPECT_THAT(app::RenderTrainingTable({result}),
              HasSubstr(fmt::format(" {:.3f}  in production", card->scores[1].skill.value)));
  const auto json = formats::ParseJson(app::RenderTrainingJson({result}));
  ASSERT_TRUE(json.ok()) << json.error().ToString();
  EXPECT_EQ(*json->ArrayAt("results")->front().NumberAt("operational_skill"),
            card->scores[1].skill.value);

  const auto fallback = registry_->LoadCard(*registry_->Find(published->fallback_id));
  ASSERT_TRUE(fallback.ok()) << fallback.error().ToString();
  EXPECT_TRUE(fallback->members.empty());
  EXPECT_EQ(fallback->scores.size(), 2U);
}

}  // namespace
}  // namespace geoclimate::integration
