#pragma once

// What every SkillStore must do; used as observation_store_conformance.h is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/base/clock.h"
#include "geoclimate/store/skill_store.h"

namespace geoclimate::store {

class SkillPlace {
 public:
  virtual ~SkillPlace() = default;
  virtual base::Result<std::unique_ptr<SkillStore>> Open(const base::Clock& clock) = 0;
};

using SkillPlaceFactory = std::function<std::unique_ptr<SkillPlace>()>;

class SkillStoreConformance : public ::testing::TestWithParam<SkillPlaceFactory> {
 protected:
  using Pollutant = airquality::Pollutant;

  SkillStoreConformance() : place_(GetParam()()) { Reopen(); }

  void Reopen() {
    store_.reset();
    auto opened = place_->Open(clock_);
    GC_CHECK(opened.ok(), opened.error().ToString().c_str());
    store_ = *std::move(opened);
  }

  static SkillJudgement Judgement(std::uint64_t generation, int last_day = 20'000) {
    return {.generation = generation,
            .from = base::DayFromNumber(last_day - 364),
            .to = base::DayFromNumber(last_day),
            .computed_at = base::Timestamp(std::chrono::microseconds(1'700'000'000'123'456))};
  }
  static SkillScore Make(const std::string& model, std::uint32_t site = 0,
                         Pollutant pollutant = Pollutant::kPm25, int horizon = 1) {
    SkillScore score;
    if (site > 0) score.site = airquality::SiteId::FromParts(6, 37, site);
    score.pollutant = pollutant;
    score.horizon_days = horizon;
    score.model_id = model;
    score.rows = 30;
    score.rmse = 4.125;
    score.mae = 3;
    score.bias = -0.5;
    score.coverage = 0.8;
    score.best_baseline = "mean30";
    score.skill = 0.1;
    score.skill_over_persistence = 0.3;
    return score;
  }
  bool MustReplace(const SkillJudgement& judgement, const std::vector<SkillScore>& scores) {
    const auto replaced = store_->Replace(judgement, scores);
    EXPECT_TRUE(replaced.ok()) << replaced.error().ToString();
    return replaced.ok() && *replaced;
  }
  // "pollutant horizon model site" a score.
  std::vector<std::string> Keys(const SkillQuery& query = {}) {
    std::vector<std::string> keys;
    const auto visited = store_->Visit(query, [&](const SkillScore& score) {
      keys.push_back(fmt::format("{} {} {} {}", airquality::Index(score.pollutant),
                                 score.horizon_days, score.model_id,
                                 score.site ? score.site->ToString() : "all"));
    });
    EXPECT_TRUE(visited.ok()) << visited.error().ToString();
    return keys;
  }

  base::FakeClock clock_{base::Timestamp(std::chrono::hours(1))};
  std::unique_ptr<SkillPlace> place_;
  std::unique_ptr<SkillStore> store_;
};

TEST_P(SkillStoreConformance, ThereIsNothingBeforeTheFirstJudgement) {
  const auto visited = store_->Visit({}, [](const SkillScore&) { FAIL(); });
  ASSERT_TRUE(visited.ok()) << visited.error().ToString();
  EXPECT_FALSE(visited->has_value());
}

TEST_P(SkillStoreConformance, AScoreIsGivenBackAsItWasPut) {
  SkillScore unknown = Make("m", 2);
  unknown.coverage = unknown.skill = std::numeric_limits<double>::quiet_NaN();
  ASSERT_TRUE(MustReplace(Judgement(7), {Make("m"), Make("m", 1103), unknown}));
  Reopen();
  std::vector<SkillScore> scores;
  const auto visited = store_->Visit({}, [&](const SkillScore& score) { scores.push_back(score); });
  ASSERT_TRUE(visited.ok() && visited->has_value());
  EXPECT_EQ(**visited, Judgement(7));
  ASSERT_EQ(scores.size(), 3U);
  EXPECT_FALSE(scores[0].site);
  EXPECT_EQ(scores[2].site, airquality::SiteId::FromParts(6, 37, 1103));
  EXPECT_EQ(scores[2].rows, 30U);
  EXPECT_EQ(scores[2].rmse, 4.125);
  EXPECT_EQ(scores[2].mae, 3);
  EXPECT_EQ(scores[2].bias, -0.5);
  EXPECT_EQ(scores[2].coverage, 0.8);
  EXPECT_EQ(scores[2].best_baseline, "mean30");
  EXPECT_EQ(scores[2].skill, 0.1);
  EXPECT_EQ(scores[2].skill_over_persistence, 0.3);
  EXPECT_TRUE(std::isnan(scores[1].coverage) && std::isnan(scores[1].skill));
}

TEST_P(SkillStoreConformance, ScoresComeInTheirOrderAndAsFarAsTheyAreAskedFor) {
  ASSERT_TRUE(
      MustReplace(Judgement(1), {Make("b", 2), Make("b"), Make("a", 2), Make("a", 1),
                                 Make("a", 1, Pollutant::kO3), Make("a", 1, Pollutant::kPm25, 2)}));
  EXPECT_THAT(Keys(), ::testing::ElementsAre("0 1 a 06-037-0001", "0 1 a 06-037-0002", "0 1 b all",
                                             "0 1 b 06-037-0002", "0 2 a 06-037-0001",
                                             "2 1 a 06-037-0001"));
  EXPECT_THAT(Keys({.pollutant = Pollutant::kO3, .horizon_days = {}}),
              ::testing::ElementsAre("2 1 a 06-037-0001"));
  EXPECT_THAT(Keys({.pollutant = {}, .horizon_days = 2}),
              ::testing::ElementsAre("0 2 a 06-037-0001"));
}

TEST_P(SkillStoreConformance, ALaterJudgementReplacesAllOfAnEarlierOne) {
  ASSERT_TRUE(MustReplace(Judgement(1), {Make("a"), Make("b")}));
  ASSERT_TRUE(MustReplace(Judgement(2), {Make("c")}));
  EXPECT_THAT(Keys(), ::testing::ElementsAre("0 1 c all"));
  // Another process, which has not seen the newest observations.
  EXPECT_FALSE(MustReplace(Judgement(1), {Make("d")}));
  EXPECT_FALSE(MustReplace(Judgement(2), {Make("d")}));
  EXPECT_THAT(Keys(), ::testing::ElementsAre("0 1 c all"));
  EXPECT_TRUE(MustReplace(Judgement(2, 20'001), {Make("d")}));
  EXPECT_TRUE(MustReplace(Judgement(3), {}));
  EXPECT_TRUE(Keys().empty());
}

TEST_P(SkillStoreConformance, ManyScoresArePutAtOnce) {
  std::vector<SkillScore> scores;
  for (std::uint32_t site = 1; site <= 9'000; ++site) {
    for (int horizon = 1; horizon <= 2; ++horizon) {
      scores.push_back(Make("m", site, Pollutant::kPm25, horizon));
    }
  }
  ASSERT_TRUE(MustReplace(Judgement(1), scores));
  EXPECT_EQ(Keys().size(), scores.size());
}

}  // namespace geoclimate::store
