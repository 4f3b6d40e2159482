#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "geoclimate/alerts/alert_rule.h"
#include "geoclimate/base/clock.h"

namespace geoclimate::alerts {

// Where an alert stands. The values are stored: never renumber. Of the odd ones time alone may be
// the end.
enum class Phase : std::uint8_t {
  kIdle = 0,     // not crossed
  kWaiting = 1,  // crossed, not told: quiet hours, or the cooldown
  kTold = 2,     // crossed and told
  kEnding = 3,   // over, and that is to be told after the quiet hours
};
std::string_view PhaseName(Phase phase);  // "idle", "waiting", "raised", "ending"

struct AlertState {
  Phase phase = Phase::kIdle;
  std::string episode;  // of what was crossed; empty when kIdle
  std::optional<base::Timestamp> last_event_at = std::nullopt;  // that told of a crossing

  friend bool operator==(const AlertState&, const AlertState&) = default;
};

// The value that a rule is about, now.
struct Reading {
  double value = 0;
  // Readings of different episodes have nothing to do with each other: the day of a forecast.
  std::string episode;
  // Local standard time of the place.
  std::chrono::minutes utc_offset{0};
};

enum class EventKind : std::uint8_t { kRaised, kEnded };
std::string_view EventKindName(EventKind kind);  // "alert.raised", "alert.ended"

struct Step {
  AlertState state;
  std::optional<EventKind> event;  // to be told now
};

// The next state. One crossing is told once: when it is there and neither quiet hours nor the
// cooldown keep it back, so later if need be, and not at all if it is over by then. A state that
// holds gives an equal state.
Step Advance(const AlertRule& rule, AlertState state, const Reading& reading, base::Timestamp now);

}  // namespace geoclimate::alerts
