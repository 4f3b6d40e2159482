#include "geoclimate/alerts/alert_state.h"

#include <gtest/gtest.h>

#include <random>

namespace geoclimate::alerts {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// Follows one alert; a day begins at 0 h.
class AlertStateTest : public testing::Test {
 protected:
  AlertStateTest() {
    rule_.threshold = 100;
    rule_.clear_at = 90;
    rule_.cooldown = minutes(60);
  }

  std::optional<EventKind> At(minutes time, double value, const std::string& episode = "") {
    Step step =
        Advance(rule_, state_, {.value = value, .episode = episode, .utc_offset = hours(-5)},
                base::Timestamp(hours(24 * 1000) + time));
    state_ = step.state;
    return step.event;
  }

  AlertRule rule_;
  AlertState state_;
};

TEST_F(AlertStateTest, ACrossingIsToldOnceUntilItIsOver) {
  EXPECT_EQ(At(hours(1), 100), std::nullopt) << "the threshold itself is not beyond it";
  EXPECT_EQ(At(hours(2), 101), EventKind::kRaised);
  EXPECT_EQ(At(hours(4), 180), std::nullopt);
  EXPECT_EQ(At(hours(5), 95), std::nullopt) << "not over before it is back at clear_at";
  EXPECT_EQ(At(hours(6), 101), std::nullopt);
  EXPECT_EQ(At(hours(7), 90), std::nullopt);
  EXPECT_EQ(state_.phase, Phase::kIdle);
  EXPECT_EQ(At(hours(8), 101), EventKind::kRaised);
}

TEST_F(AlertStateTest, BelowIsTheOtherWayRound) {
  rule_.direction = Direction::kBelow;
  rule_.clear_at = 110;
  EXPECT_EQ(At(hours(1), 100), std::nullopt);
  EXPECT_EQ(At(hours(2), 99), EventKind::kRaised);
  EXPECT_EQ(At(hours(4), 105), std::nullopt);
  EXPECT_EQ(state_.phase, Phase::kTold);
  At(hours(5), 110);
  EXPECT_EQ(state_.phase, Phase::kIdle);
}

TEST_F(AlertStateTest, TheCooldownHoldsTheNextOneBackAsLongAsItIsCrossed) {
  EXPECT_EQ(At(minutes(0), 101), EventKind::kRaised);
  At(minutes(10), 80);
  EXPECT_EQ(At(minutes(20), 101), std::nullopt);
  EXPECT_EQ(state_.phase, Phase::kWaiting);
  EXPECT_EQ(At(minutes(59), 101), std::nullopt);
  EXPECT_EQ(At(minutes(60), 101), EventKind::kRaised);
  At(minutes(70), 80);
  At(minutes(80), 101);
  EXPECT_EQ(At(minutes(130), 95), std::nullopt) << "what was not told and is over, is not told";
  EXPECT_EQ(state_.phase, Phase::kIdle);
}

TEST_F(AlertStateTest, QuietHoursAreOfThePlaceAndGoOverMidnight) {
  rule_.quiet_hours = QuietHours{.from = hours(22), .to = hours(6)};
  // 22:00 to 06:00 at five hours west of UTC is 03:00 to 11:00.
  EXPECT_EQ(At(hours(3), 101), std::nullopt);
  EXPECT_EQ(At(hours(10) + minutes(59), 101), std::nullopt);
  EXPECT_EQ(At(hours(11), 101), EventKind::kRaised);
  state_ = {};
  EXPECT_EQ(At(hours(26) + minutes(59), 101), EventKind::kRaised);
}

TEST_F(AlertStateTest, QuietHoursMayNameTheirOffset) {
  rule_.quiet_hours = QuietHours{.from = hours(1), .to = hours(2), .utc_offset = minutes(330)};
  EXPECT_EQ(At(hours(19) + minutes(30), 101), std::nullopt) << "01:00 of the next day in India";
  EXPECT_EQ(At(hours(20) + minutes(30), 101), EventKind::kRaised);
}

TEST_F(AlertStateTest, TheEndIsToldWhereItIsAskedForAfterQuietHours) {
  rule_.notify_end = true;
  rule_.quiet_hours = QuietHours{.from = hours(1), .to = hours(2), .utc_offset = minutes(0)};
  EXPECT_EQ(At(minutes(30), 101), EventKind::kRaised);
  EXPECT_EQ(At(minutes(70), 80), std::nullopt);
  EXPECT_EQ(state_.phase, Phase::kEnding);
  EXPECT_EQ(At(minutes(80), 101), std::nullopt) << "it never looked over to its owner";
  EXPECT_EQ(state_.phase, Phase::kTold);
  At(minutes(90), 80);
  EXPECT_EQ(At(minutes(120), 95), EventKind::kEnded);
  EXPECT_EQ(state_.phase, Phase::kIdle);
}

TEST_F(AlertStateTest, EachDayOfAForecastIsACrossingOfItsOwn) {
  EXPECT_EQ(At(hours(1), 101, "2026-11-29"), EventKind::kRaised);
  EXPECT_EQ(At(hours(9), 120, "2026-11-29"), std::nullopt) << "another table of the same day";
  EXPECT_EQ(At(hours(25), 101, "2026-11-30"), EventKind::kRaised);
  rule_.notify_end = true;
  EXPECT_EQ(At(hours(49), 50, "2026-12-01"), std::nullopt) << "another day is no end";
  EXPECT_EQ(state_.phase, Phase::kIdle);
}

TEST_F(AlertStateTest, AnIdleAlertDoesNotChangeFromDayToDay) {
  At(hours(1), 50, "2026-11-29");
  const AlertState before = state_;
  At(hours(25), 60, "2026-11-30");
  EXPECT_EQ(state_, before);
}

// Whatever the values are: between two raised events lies the cooldown, and none comes in quiet
// hours or with a value that is not beyond the threshold.
TEST_F(AlertStateTest, HoldsItsPromisesWhateverComes) {
  std::mt19937 random(20261128);
  rule_.quiet_hours = QuietHours{.from = hours(22), .to = hours(6), .utc_offset = minutes(0)};
  rule_.notify_end = true;
  std::optional<minutes> raised;
  bool told = false;
  for (minutes time(0); time < hours(24 * 200); time += minutes(7)) {
    const double value = 70 + static_cast<double>(random() % 60);
    const auto event = At(time, value);
    if (!event) continue;
    const auto of_day = time % hours(24);
    EXPECT_TRUE(of_day >= hours(6) && of_day < hours(22));
    if (*event == EventKind::kRaised) {
      EXPECT_GT(value, 100);
      EXPECT_FALSE(told);
      EXPECT_TRUE(!raised || time - *raised >= rule_.cooldown);
      raised = time;
    } else {
      EXPECT_TRUE(told);
    }
    told = *event == EventKind::kRaised;
  }
  EXPECT_TRUE(raised.has_value());
}

}  // namespace
}  // namespace geoclimate::alerts
