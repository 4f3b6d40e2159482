#include "geoclimate/training/fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "geoclimate/training/testing/synthetic_rows.h"

namespace geoclimate::training {
namespace {

using testing::SyntheticRows;

TrainingOptions Quick() {
  TrainingOptions options;
  options.boost.learning_rate = 0.1;
  options.boost.min_rows_per_leaf = 20;
  options.boost.max_rounds = 120;
  options.boost.patience = 15;
  return options;
}

TrainedForecaster MustFit(const TrainingOptions& options, SyntheticRows& rows) {
  auto trained = Fit(options, rows.View());
  EXPECT_TRUE(trained.ok()) << trained.error().ToString();
  return *std::move(trained);
}

TEST(Fit, MembersThatExplainSomethingBeatEveryBaseline) {
  SyntheticRows rows;
  const TrainedForecaster trained = MustFit(Quick(), rows);
  // The baseline's own error is 3.2, that of the noise 1.
  EXPECT_LT(trained.report.model.rmse, 1.8);
  EXPECT_GT(trained.report.skill, 0.6);
  EXPECT_TRUE(trained.report.beats_baselines());
  EXPECT_NEAR(trained.report.coverage, 0.8, 0.06);
  EXPECT_NEAR(trained.report.fallback_coverage, 0.8, 0.06);
  EXPECT_EQ(trained.model.members.size(), Quick().members.size());
  EXPECT_TRUE(trained.fallback.members.empty());
  EXPECT_NEAR(trained.fallback.baseline.rho, 0.6, 0.1);
  EXPECT_EQ(trained.report.baselines[trained.report.best_baseline].name, "persistence");
}

TEST(Fit, WithNothingToLearnTheMembersDoNotBeatTheBaseline) {
  SyntheticRows rows({.signal = 0, .noise = 3});
  const TrainedForecaster trained = MustFit(Quick(), rows);
  EXPECT_LT(1 - trained.report.model.rmse / trained.report.fallback.rmse, 0.02);
}

// The negative control of every evaluation: a target that has lost its rows gives no skill.
TEST(Fit, APermutedTargetGivesNoSkill) {
  SyntheticRows rows({.days = 800});
  std::mt19937 random(9);
  std::ranges::shuffle(rows.targets, random);
  const TrainedForecaster trained = MustFit(Quick(), rows);
  EXPECT_LT(1 - trained.report.model.rmse / trained.report.fallback.rmse, 0.01);
}

TEST(Fit, TwoRunsGiveTheSameBytes) {
  SyntheticRows rows;
  for (const MemberForm form :
       {MemberForm::kTrees, MemberForm::kLinear, MemberForm::kLinearAndTrees}) {
    TrainingOptions options = Quick();
    options.form = form;
    options.boost.threads = form == MemberForm::kTrees ? 2 : 1;
    const TrainedForecaster first = MustFit(options, rows);
    const TrainedForecaster second = MustFit(options, rows);
    EXPECT_EQ(model::EncodeForecaster(first.model), model::EncodeForecaster(second.model));
    EXPECT_EQ(model::EncodeForecaster(first.fallback), model::EncodeForecaster(second.fallback));
  }
}

// The truth has a step in its signal, of which a line sees a part and trees the rest.
TEST(Fit, TreesCorrectWhatTheLinearPartLeavesOver) {
  SyntheticRows rows;
  const auto rmse = [&](MemberForm form) {
    TrainingOptions options = Quick();
    options.form = form;
    return MustFit(options, rows).report.model.rmse;
  };
  const double linear = rmse(MemberForm::kLinear);
  EXPECT_LT(linear, 2.6);  // of the baseline's 3.2
  EXPECT_LT(rmse(MemberForm::kLinearAndTrees), 0.8 * linear);
}

TEST(Fit, LinearMembersHaveNoTrees) {
  SyntheticRows rows;
  TrainingOptions options = Quick();
  options.form = MemberForm::kLinear;
  const TrainedForecaster trained = MustFit(options, rows);
  ASSERT_EQ(trained.model.members.size(), options.members.size());
  for (const model::Member& member : trained.model.members) {
    EXPECT_TRUE(member.trees.trees.empty());
    EXPECT_FALSE(member.linear.terms.empty());
  }
  for (const MemberReport& member : trained.report.members) EXPECT_EQ(member.rounds, 0);
  EXPECT_TRUE(model::ParseForecaster(model::EncodeForecaster(trained.model)).ok());
}

TEST(Fit, MembersThatKnowNothingAreHardlyTrusted) {
  SyntheticRows informed;
  EXPECT_GT(MustFit(Quick(), informed).model.trust, 0.9);
  SyntheticRows chance({.days = 800});
  std::mt19937 random(3);
  std::ranges::shuffle(chance.targets, random);
  TrainingOptions options = Quick();
  // Without early stopping, which would already have seen that there is nothing.
  options.boost.max_rounds = 50;
  options.boost.patience = 50;
  EXPECT_LT(MustFit(options, chance).model.trust, 0.5);
}

TEST(Refitted, IsWhatFitWouldHavePublishedOnTheSameRows) {
  SyntheticRows rows;
  const TrainedForecaster trained = MustFit(Quick(), rows);
  const auto again = Refitted(Quick(), trained, rows.View());
  ASSERT_TRUE(again.ok()) << again.error().ToString();
  EXPECT_EQ(model::EncodeForecaster(again->model), model::EncodeForecaster(trained.model));
  EXPECT_EQ(model::EncodeForecaster(again->fallback), model::EncodeForecaster(trained.fallback));
}

TEST(Refitted, KeepsWhatWasJudgedAndLearnsFromTheNewRows) {
  SyntheticRows early({.days = 300});
  SyntheticRows late({.days = 400});
  const TrainedForecaster judged = MustFit(Quick(), early);
  const auto refitted = Refitted(Quick(), judged, late.View());
  ASSERT_TRUE(refitted.ok());
  EXPECT_EQ(refitted->model.calibration.offsets, judged.model.calibration.offsets);
  EXPECT_EQ(refitted->model.trust, judged.model.trust);
  EXPECT_EQ(refitted->report.skill, judged.report.skill);
  EXPECT_NE(refitted->model.baseline.rho, judged.model.baseline.rho);
  for (std::size_t m = 0; m < judged.model.members.size(); ++m) {
    EXPECT_EQ(refitted->model.members[m].trees.trees.size(),
              judged.model.members[m].trees.trees.size());
    EXPECT_NE(refitted->model.members[m].linear.intercept,
              judged.model.members[m].linear.intercept);
  }
}

TEST(Fit, EveryStepIsAnnounced) {
  SyntheticRows rows;
  TrainingOptions options = Quick();
  int steps = 0;
  ASSERT_TRUE(Fit(options, rows.View(), [&steps] { ++steps; }).ok());
  EXPECT_EQ(steps, FitSteps(options));
  options.refit = Refit::kNone;
  steps = 0;
  ASSERT_TRUE(Fit(options, rows.View(), [&steps] { ++steps; }).ok());
  EXPECT_EQ(steps, FitSteps(options));
}

TEST(Fit, AnotherSeedGivesAnotherModel) {
  SyntheticRows rows;
  TrainingOptions options = Quick();
  const TrainedForecaster first = MustFit(options, rows);
  ++options.boost.seed;
  EXPECT_NE(model::EncodeForecaster(first.model),
            model::EncodeForecaster(MustFit(options, rows).model));
}

TEST(Fit, WhatIsJudgedDoesNotDependOnTheEvaluateBlock) {
  SyntheticRows rows;
  TrainingOptions options = Quick();
  options.refit = Refit::kNone;
  const TrainedForecaster before = MustFit(options, rows);
  const std::size_t first_evaluated = rows.targets.size() - before.report.evaluate.rows;
  for (std::size_t row = first_evaluated; row < rows.targets.size(); ++row) {
    rows.targets[row] = 500 - rows.targets[row];
  }
  const TrainedForecaster after = MustFit(options, rows);
  EXPECT_EQ(model::EncodeForecaster(before.model), model::EncodeForecaster(after.model));
  EXPECT_EQ(model::EncodeForecaster(before.fallback), model::EncodeForecaster(after.fallback));
  EXPECT_NE(before.report.model.rmse, after.report.model.rmse);
}

TEST(Fit, RefittingChangesTheTreesButNotTheReport) {
  SyntheticRows rows;
  TrainingOptions options = Quick();
  const TrainedForecaster refitted = MustFit(options, rows);
  options.refit = Refit::kNone;
  const TrainedForecaster judged = MustFit(options, rows);
  EXPECT_EQ(refitted.report.skill, judged.report.skill);
  EXPECT_NE(model::EncodeForecaster(refitted.model), model::EncodeForecaster(judged.model));
  for (std::size_t member = 0; member < refitted.model.members.size(); ++member) {
    EXPECT_EQ(refitted.model.members[member].trees.trees.size(),
              static_cast<std::size_t>(refitted.report.members[member].rounds));
  }
}

TEST(Fit, TheJudgedForecastersAreKeptWhereTheyAreAskedFor) {
  SyntheticRows rows;
  TrainingOptions options = Quick();
  const TrainedForecaster plain = MustFit(options, rows);
  EXPECT_FALSE(plain.judged.has_value());
  options.keep_judged = KeepJudged::kYes;
  const TrainedForecaster kept = MustFit(options, rows);
  EXPECT_EQ(model::EncodeForecaster(kept.model), model::EncodeForecaster(plain.model));
  EXPECT_EQ(model::EncodeForecaster(kept.fallback), model::EncodeForecaster(plain.fallback));
  ASSERT_TRUE(kept.judged.has_value());
  options.refit = Refit::kNone;
  const TrainedForecaster judged = MustFit(options, rows);
  EXPECT_EQ(model::EncodeForecaster(kept.judged->model), model::EncodeForecaster(judged.model));
  EXPECT_EQ(model::EncodeForecaster(kept.judged->fallback),
            model::EncodeForecaster(judged.fallback));
}

TEST(Fit, BaselinesAreScoredOnTheRowsOnWhichAllHaveAForecast) {
  SyntheticRows rows;
  for (std::size_t row = 0; row < rows.mean.size(); row += 2) {
    rows.mean[row] = std::numeric_limits<float>::quiet_NaN();
  }
  const TrainedForecaster trained = MustFit(Quick(), rows);
  EXPECT_NEAR(static_cast<double>(trained.report.scored_rows),
              static_cast<double>(trained.report.evaluate.rows) / 2, 1);
}

TEST(Fit, TheReportNamesTheBlocksInTheirOrder) {
  SyntheticRows rows({.horizon_days = 3});
  const FitReport report = MustFit(Quick(), rows).report;
  EXPECT_EQ(report.fit.first_issue_day, base::MakeDay(2019, 1, 1));
  EXPECT_LT(report.fit.last_valid_day, report.calibrate.first_issue_day);
  EXPECT_LT(report.calibrate.last_valid_day, report.evaluate.first_issue_day);
}

TEST(Fit, TooFewRowsAreRefused) {
  SyntheticRows rows({.days = 50});
  const auto trained = Fit(Quick(), rows.View());
  ASSERT_FALSE(trained.ok());
  EXPECT_EQ(trained.error().code(), base::ErrorCode::kFailedPrecondition);
}

TEST(Fit, RowsThatDoNotFitTogetherAreNamed) {
  const auto message = [](SyntheticRows& rows) {
    const auto trained = Fit(Quick(), rows.View());
    EXPECT_FALSE(trained.ok());
    EXPECT_EQ(trained.error().code(), base::ErrorCode::kInvalidArgument);
    return trained.error().message();
  };
  SyntheticRows short_targets;
  short_targets.targets.pop_back();
  EXPECT_THAT(message(short_targets), ::testing::HasSubstr("targets"));
  SyntheticRows strange;
  strange.targets[17] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(message(strange), ::testing::HasSubstr("row 17"));
  SyntheticRows unordered;
  std::swap(unordered.issue_days.front(), unordered.issue_days.back());
  EXPECT_THAT(message(unordered), ::testing::HasSubstr("order"));
  SyntheticRows without_last;
  without_last.features.Row(4)[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(message(without_last), ::testing::HasSubstr("'last'"));
}

TEST(TrainingOptions, ValuesOutOfRangeAreNamed) {
  const auto message = [](const TrainingOptions& options) {
    const auto valid = options.Validate();
    EXPECT_FALSE(valid.ok());
    return valid.ok() ? std::string() : valid.error().message();
  };
  EXPECT_TRUE(TrainingOptions().Validate().ok());
  TrainingOptions options;
  options.boost.row_share = 1.5;
  EXPECT_THAT(message(options), ::testing::HasSubstr("row_share"));
  options = {};
  options.linear[0].l2 = 0;
  EXPECT_THAT(message(options), ::testing::HasSubstr("l2"));
  options = {};
  options.linear[0].bound = -1;
  EXPECT_THAT(message(options), ::testing::HasSubstr("bound"));
  options = {};
  options.leaf_scale[0] = 0;
  EXPECT_THAT(message(options), ::testing::HasSubstr("leaf_scale"));
  options = {};
  options.blocks.calibrate_share = 0.6;
  options.blocks.evaluate_share = 0.6;
  EXPECT_THAT(message(options), ::testing::HasSubstr("calibrate_share + evaluate_share"));
  options = {};
  options.members.clear();
  EXPECT_THAT(message(options), ::testing::HasSubstr("members"));
  options = {};
  options.boost.threads = 0;
  EXPECT_THAT(message(options), ::testing::HasSubstr("threads"));
}

TEST(TrainingOptions, LeavesAreScaledByPollutant) {
  TrainingOptions options;
  options.boost.min_rows_per_leaf = 30;
  options.boost.l2 = 5;
  options.leaf_scale[static_cast<std::size_t>(airquality::Index(airquality::Pollutant::kCo))] = 2.5;
  const BoostOptions boost = options.BoostOf(airquality::Pollutant::kCo);
  EXPECT_EQ(boost.min_rows_per_leaf, 75);
  EXPECT_EQ(boost.l2, 12.5);
  EXPECT_EQ(boost.max_leaves, options.boost.max_leaves);
}

TEST(Fit, AFallbackReadsNoMoreThanItsOwnColumns) {
  SyntheticRows rows;
  const std::vector<features::Feature>& all = rows.View().schema.features();
  const features::FeatureSchema own({all.begin(), all.begin() + 3});
  const auto fit = [&] {
    TrainingRows view = rows.View();
    view.fallback_schema = &own;
    auto trained = Fit(Quick(), view);
    EXPECT_TRUE(trained.ok()) << trained.error().ToString();
    return *std::move(trained);
  };
  const TrainedForecaster before = fit();
  EXPECT_EQ(before.fallback.schema.fingerprint(), own.fingerprint());
  EXPECT_EQ(before.model.schema.size(), all.size());
  for (std::size_t row = 0; row < rows.features.rows; ++row) rows.features.Row(row)[3] *= -2;
  const TrainedForecaster after = fit();
  EXPECT_EQ(model::EncodeForecaster(before.fallback), model::EncodeForecaster(after.fallback));
  EXPECT_NE(model::EncodeForecaster(before.model), model::EncodeForecaster(after.model));

  const features::FeatureSchema other({all.begin() + 1, all.end()});
  TrainingRows view = rows.View();
  view.fallback_schema = &other;
  EXPECT_EQ(Fit(Quick(), view).error().code(), base::ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace geoclimate::training
