#include "geoclimate/alerts/alert_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace geoclimate::alerts {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kSmallest =
    R"({"site_id":"06-037-1103","threshold":100,"url":"https://example.org/hook"})";

// The smallest rule with more members.
std::string With(std::string_view members) {
  std::string text(kSmallest);
  text.insert(text.size() - 1, "," + std::string(members));
  return text;
}

TEST(AlertRule, TheSmallestOneIsTomorrowsAqi) {
  const auto rule = ParseAlertRule(kSmallest);
  ASSERT_TRUE(rule.ok()) << rule.error().message();
  EXPECT_EQ(rule->site, *airquality::SiteId::Parse("06-037-1103"));
  EXPECT_EQ(rule->pollutant, std::nullopt);
  EXPECT_EQ(rule->measure, Measure::kAqi);
  EXPECT_EQ(rule->watched, Watched::kForecast);
  EXPECT_EQ(rule->horizon_days, 1);
  EXPECT_EQ(rule->direction, Direction::kAbove);
  EXPECT_EQ(rule->clear_at, 100);
  EXPECT_EQ(rule->cooldown, std::chrono::minutes(60));
  EXPECT_FALSE(rule->notify_end);
}

TEST(AlertRule, EveryFieldIsReadAndComesBack) {
  const auto rule = ParseAlertRule(R"({
    "name": "The \"school\" district", "latitude": 34.05, "longitude": -118.24,
    "pollutant": "ozone", "measure": "concentration", "source": "observed",
    "threshold": 0.0705, "clear_at": 0.06, "direction": "above",
    "url": "https://example.org:8443/a?token=b%20c", "cooldown_minutes": 0, "notify_end": true,
    "quiet_hours": {"from": "22:30", "to": "06:05", "utc_offset_minutes": -480}})");
  ASSERT_TRUE(rule.ok()) << rule.error().message();
  EXPECT_EQ(rule->place, (airquality::Coordinates{34.05, -118.24}));
  EXPECT_EQ(rule->pollutant, airquality::Pollutant::kO3);
  EXPECT_EQ(rule->watched, Watched::kObserved);
  EXPECT_EQ(rule->threshold, 0.0705);
  EXPECT_EQ(rule->quiet_hours, (QuietHours{.from = std::chrono::minutes(1350),
                                           .to = std::chrono::minutes(365),
                                           .utc_offset = std::chrono::minutes(-480)}));
  const auto again = ParseAlertRule(EncodeAlertRule(*rule));
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(*again, *rule);
  const auto smallest = ParseAlertRule(kSmallest);
  EXPECT_EQ(*ParseAlertRule(EncodeAlertRule(*smallest)), *smallest);
}

TEST(AlertRule, WhatIsWrongIsNamed) {
  const std::string kUrl = R"("url":"https://example.org")";
  const std::string kSite = R"("site_id":"06-037-1103")";
  const std::pair<std::string, std::string_view> cases[] = {
      {"[]", "must be an object"},
      {"{", "not valid JSON"},
      {"{" + kUrl + R"(,"threshold":1})", "'site_id'"},
      {With(R"("latitude":1,"longitude":2)"), "'site_id'"},
      {"{\"latitude\":1,\"threshold\":1," + kUrl + "}", "'longitude'"},
      {"{\"latitude\":91,\"longitude\":0,\"threshold\":1," + kUrl + "}", "'latitude'"},
      {"{\"site_id\":\"x\",\"threshold\":1," + kUrl + "}", "'site_id'"},
      {"{" + kSite + "," + kUrl + "}", "'threshold'"},
      {"{" + kSite + R"(,"threshold":"100",)" + kUrl + "}", "'threshold'"},
      {"{" + kSite + R"(,"threshold":1e9,)" + kUrl + "}", "'threshold'"},
      {"{" + kSite + R"(,"threshold":1})", "'url'"},
      {"{" + kSite + R"(,"threshold":1,"url":"ftp://example.org"})", "'url'"},
      {"{" + kSite + R"(,"threshold":1,"url":"https://user:pass@example.org"})", "'url'"},
      {"{" + kSite + R"(,"threshold":1,"url":"https://)" + std::string(2000, 'a') + "\"}",
       "longer than 2000"},
      {With(R"("pollutant":"lead")"), "'pollutant'"},
      {With(R"("measure":"concentration")"), "'pollutant'"},
      {With(R"("measure":"weight")"), "'measure'"},
      {With(R"("source":"guessed")"), "'source'"},
      {With(R"("horizon":4)"), "'horizon'"},
      {With(R"("source":"observed","horizon":1)"), "'horizon'"},
      {With(R"("clear_at":101)"), "'clear_at'"},
      {With(R"("direction":"below","clear_at":99)"), "'clear_at'"},
      {With(R"("cooldown_minutes":-1)"), "'cooldown_minutes'"},
      {With(R"("notify_end":1)"), "'notify_end'"},
      {With(R"("quiet_hours":{"from":"22:00"})"), "'to'"},
      {With(R"("quiet_hours":{"from":"22:00","to":"24:00"})"), "'quiet_hours.to'"},
      {With(R"("quiet_hours":{"from":"22:00","to":"22:00"})"), "'quiet_hours.to'"},
      {With(R"("quiet_hours":{"from":"9:00","to":"10:00"})"), "'quiet_hours.from'"},
      {With(R"("quiet_hours":{"from":"09:00","to":"10:00","zone":"PST"})"), "'zone'"},
      {With(R"("name":")" + std::string(201, 'a') + "\""), "'name'"},
      {With(R"("name":"a\u0000b")"), "'name'"},
      {With(R"("secret":"mine")"), "unknown field 'secret'"},
      {With(R"("threshold":2)"), "threshold"},
      {std::string(8193, ' '), "8192"}};
  for (const auto& [text, said] : cases) {
    const auto rule = ParseAlertRule(text);
    ASSERT_FALSE(rule.ok()) << text;
    EXPECT_EQ(rule.error().code(), base::ErrorCode::kInvalidArgument) << text;
    EXPECT_THAT(rule.error().message(), HasSubstr(said)) << text;
  }
}

}  // namespace
}  // namespace geoclimate::alerts
