#include "geoclimate/service/skill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "geoclimate/service/testing/platform.h"

namespace geoclimate::service {
namespace {

using airquality::Pollutant;
using ::testing::HasSubstr;

// Sixty days that alternate between 8 and 12; forecasts of the days after day 50 say what comes.
class SkillTest : public testing::Test {
 protected:
  SkillTest() : site_(ExampleSite(1)) {
    for (int day = 0; day < 60; ++day) platform_.AddPm25(site_, Day(day), Truth(day));
    for (int day = 50; day < 60; ++day) Issue(day, static_cast<float>(Truth(day)));
  }

  static base::LocalDay Day(int day) { return base::MakeDay(2020, 10, 1) + std::chrono::days(day); }
  static double Truth(int day) { return day % 2 == 0 ? 8 : 12; }
  void Start() {
    SkillOptions options;
    options.watch_interval = std::chrono::hours(24);
    skill_ =
        *Skill::Start(*platform_.stores.observations, *platform_.stores.issued_forecasts,
                      platform_.clock, platform_.metrics, options, platform_.stores.skill.get());
  }
  void Issue(int valid_day, float value, std::string model = "pm25_d1_v1_20200901_000000") {
    const airquality::IssuedForecast forecast{.site = site_.id,
                                              .pollutant = Pollutant::kPm25,
                                              .issue_day = Day(valid_day - 1),
                                              .horizon_days = 1,
                                              .issued_at = platform_.clock.Now(),
                                              .model_id = std::move(model),
                                              .mean = value,
                                              .p10 = value - 1,
                                              .p50 = value,
                                              .p90 = value + 1};
    ASSERT_TRUE(platform_.stores.issued_forecasts->Put({&forecast, 1}).ok());
  }
  // The first judges everything that was issued before.
  SkillReport Judged() {
    if (skill_ == nullptr) Start();
    EXPECT_TRUE(skill_->Refresh().ok());
    const auto report = skill_->Latest();
    EXPECT_TRUE(report.ok());
    return report.ok() ? **report : SkillReport{};
  }
  std::vector<store::SkillScore> Stored() {
    std::vector<store::SkillScore> scores;
    EXPECT_TRUE(platform_.stores.skill
                    ->Visit({}, [&](const store::SkillScore& score) { scores.push_back(score); })
                    .ok());
    return scores;
  }

  TestPlatform platform_;
  const airquality::Site site_;
  std::unique_ptr<Skill> skill_;
};

TEST_F(SkillTest, EachVersionIsScoredOverAllItsSitesAndAtEach) {
  for (int day = 50; day < 53; ++day) {
    platform_.clock.Advance(std::chrono::hours(1));
    Issue(day, static_cast<float>(Truth(day) + 2), "pm25_d1_v2_20201101_000000");
  }
  const SkillReport report = Judged();
  ASSERT_EQ(report.versions.size(), 4U);
  EXPECT_EQ(report.versions[0].model_id, "pm25_d1_v1_20200901_000000");
  EXPECT_FALSE(report.versions[0].site);
  EXPECT_EQ(report.versions[0].rows, 7U);
  EXPECT_DOUBLE_EQ(report.versions[0].rmse, 0);
  EXPECT_DOUBLE_EQ(report.versions[0].coverage, 1);
  EXPECT_DOUBLE_EQ(report.versions[0].skill_over_persistence, 1);
  EXPECT_EQ(report.versions[1].site, site_.id);
  EXPECT_EQ(report.versions[2].model_id, "pm25_d1_v2_20201101_000000");
  EXPECT_EQ(report.versions[2].rows, 3U);
  EXPECT_DOUBLE_EQ(report.versions[2].bias, 2);
  EXPECT_DOUBLE_EQ(report.versions[2].coverage, 0);
}

TEST_F(SkillTest, TheScoresAreStored) {
  const SkillReport report = Judged();
  const std::vector<store::SkillScore> stored = Stored();
  ASSERT_EQ(stored.size(), report.versions.size());
  EXPECT_EQ(stored[0].model_id, report.versions[0].model_id);
  EXPECT_EQ(stored[0].rows, 10U);
  EXPECT_EQ(stored[0].skill, report.versions[0].skill);
  EXPECT_EQ(stored[1].site, site_.id);
  std::string text;
  platform_.metrics.Render(telemetry::Exposition::kPrometheus, text);
  EXPECT_THAT(text, HasSubstr("forecast_skill{pollutant=\"PM2.5\",horizon=\"1\"} 1.0\n"));
}

TEST_F(SkillTest, AProvisionalValueThatAFinalOneReplacesIsScoredAnew) {
  // Of day 60 a provisional value comes first.
  Issue(60, 8);
  platform_.AddPm25(site_, Day(60), 14, 1, airquality::Source::kProvisional, "airnow");
  SkillReport report = Judged();
  EXPECT_EQ(report.versions.at(0).rows, 11U);
  EXPECT_NEAR(report.versions[0].mae, 6.0 / 11, 1e-6);
  EXPECT_EQ(report.unobserved, 0U);
  platform_.AddPm25(site_, Day(60), 9, 1, airquality::Source::kFinal, "aqs");
  report = Judged();
  EXPECT_EQ(report.versions.at(0).rows, 11U);
  EXPECT_NEAR(report.versions[0].mae, 1.0 / 11, 1e-6);
  EXPECT_NEAR(Stored().at(0).mae, 1.0 / 11, 1e-6);
}

TEST_F(SkillTest, AForecastWaitsForItsDay) {
  Issue(60, 8);
  EXPECT_EQ(Judged().versions.at(0).rows, 10U);
  platform_.AddPm25(site_, Day(60), 9);
  EXPECT_EQ(Judged().versions.at(0).rows, 11U);
}

}  // namespace
}  // namespace geoclimate::service
