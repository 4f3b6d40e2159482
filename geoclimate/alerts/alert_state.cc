#include "geoclimate/alerts/alert_state.h"

#include <array>
#include <utility>

namespace geoclimate::alerts {
namespace {

bool IsCrossed(const AlertRule& rule, double value) {
  return rule.direction == Direction::kAbove ? value > rule.threshold : value < rule.threshold;
}

bool IsOver(const AlertRule& rule, double value) {
  return rule.direction == Direction::kAbove ? value <= rule.clear_at : value >= rule.clear_at;
}

bool IsQuiet(const std::optional<QuietHours>& quiet, std::chrono::minutes utc_offset,
             base::Timestamp now) {
  if (!quiet) return false;
  const auto local = now.time_since_epoch() + quiet->utc_offset.value_or(utc_offset);
  const auto time = local - std::chrono::floor<std::chrono::days>(local);
  if (quiet->from < quiet->to) return time >= quiet->from && time < quiet->to;
  return time >= quiet->from || time < quiet->to;
}

Phase Follow(const AlertRule& rule, Phase phase, double value) {
  switch (phase) {
    case Phase::kIdle:
    case Phase::kWaiting:
      return IsCrossed(rule, value) ? Phase::kWaiting : Phase::kIdle;
    case Phase::kTold:
      if (!IsOver(rule, value)) return Phase::kTold;
      return rule.notify_end ? Phase::kEnding : Phase::kIdle;
    case Phase::kEnding:
      return IsCrossed(rule, value) ? Phase::kTold : Phase::kEnding;
  }
  return phase;
}

}  // namespace

std::string_view PhaseName(Phase phase) {
  constexpr std::array<std::string_view, 4> kNames = {"idle", "waiting", "raised", "ending"};
  return kNames[static_cast<std::size_t>(phase)];
}

std::string_view EventKindName(EventKind kind) {
  return kind == EventKind::kRaised ? "alert.raised" : "alert.ended";
}

Step Advance(const AlertRule& rule, AlertState state, const Reading& reading, base::Timestamp now) {
  Step step{.state = std::move(state), .event = std::nullopt};
  AlertState& next = step.state;
  if (next.episode != reading.episode) next.phase = Phase::kIdle;
  next.episode = reading.episode;
  next.phase = Follow(rule, next.phase, reading.value);
  const bool quiet = IsQuiet(rule.quiet_hours, reading.utc_offset, now);
  const bool cool = !next.last_event_at || now - *next.last_event_at >= rule.cooldown;
  if (next.phase == Phase::kWaiting && !quiet && cool) {
    next.phase = Phase::kTold;
    next.last_event_at = now;
    step.event = EventKind::kRaised;
  } else if (next.phase == Phase::kEnding && !quiet) {
    next.phase = Phase::kIdle;
    step.event = EventKind::kEnded;
  }
  // So that an alert which nothing happens to stays as it is from one day's forecast to the next.
  if (next.phase == Phase::kIdle) next.episode.clear();
  return step;
}

}  // namespace geoclimate::alerts
