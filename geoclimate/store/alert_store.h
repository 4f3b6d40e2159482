#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"

namespace geoclimate::store {

// How far an alert has come. `phase` is alerts/alert_state.h's, `episode` what it is about (the day
// of a forecast).
struct AlertProgress {
  int phase = 0;
  std::string episode;
  std::optional<base::Timestamp> last_event_at;

  friend bool operator==(const AlertProgress&, const AlertProgress&) = default;
};

// An alert as it is kept: the rule is the text that alerts/alert_rule.h encodes.
struct AlertRecord {
  std::string id;
  std::string owner;  // who made it, and may see and remove it
  base::Timestamp created_at;
  std::string rule;
  std::string key_id;  // of the signing key that its secret comes from
  AlertProgress progress;
  std::int64_t turn = 0;  // rises with each Advance()

  friend bool operator==(const AlertRecord&, const AlertRecord&) = default;
};

// Something that its owner is to be told, on its way or given up.
struct AlertEvent {
  std::string id;
  std::string alert;
  std::string key_id;
  std::string target;  // the URL
  std::string body;    // as it is sent, each time the same
  base::Timestamp created_at;
  int attempts = 0;
  base::Timestamp due_at;                   // not before it
  std::string error;                        // of the last attempt
  std::optional<base::Timestamp> ended_at;  // given up then: a dead letter

  friend bool operator==(const AlertEvent&, const AlertEvent&) = default;
};

// What one look tells of all alerts.
struct AlertSummary {
  std::uint64_t alerts = 0;
  std::optional<base::Timestamp> newest;  // when the newest was made
  std::uint64_t unsettled = 0;            // in a phase that time alone may end (odd ones)
  std::uint64_t pending = 0;              // events on their way
  std::optional<base::Timestamp> oldest_pending;
  std::uint64_t dead = 0;

  friend bool operator==(const AlertSummary&, const AlertSummary&) = default;
};

struct DeadLetterQuery {
  std::optional<std::string> owner = {};  // all when empty
  std::size_t limit = 100;
};

// Alerts and the events that they gave rise to, in the observations' database; errors as
// ObservationStore's. A change is durable when its call returns success.
//
// Thread-safe.
class AlertStore {
 public:
  virtual ~AlertStore() = default;

  // kAlreadyExists when the id is there, kResourceExhausted when the owner has `most` already.
  virtual base::Result<void> Add(const AlertRecord& alert, std::size_t most) = 0;
  // With its events. kNotFound.
  virtual base::Result<void> Remove(std::string_view id) = 0;
  // By created_at, then id. A consistent snapshot.
  virtual base::Result<std::vector<AlertRecord>> List() = 0;
  // kNotFound.
  virtual base::Result<AlertRecord> Find(std::string_view id) = 0;
  virtual base::Result<AlertSummary> Summary() = 0;

  // Moves the alert on from the turn that it was read at, and puts the event that comes of it among
  // those on their way: both or nothing. kAborted when it is at another turn, or gone.
  virtual base::Result<void> Advance(std::string_view id, std::int64_t turn,
                                     const AlertProgress& progress,
                                     const std::optional<AlertEvent>& event) = 0;

  // Events on their way whose time has come, by due_at, then id; at most `limit`.
  virtual base::Result<std::vector<AlertEvent>> Due(base::Timestamp now, std::size_t limit) = 0;
  // It has arrived, and goes. Nothing happens to one that is gone.
  virtual base::Result<void> Delivered(std::string_view event) = 0;
  // Saves attempts, due_at and error of an event that is on its way.
  virtual base::Result<void> Postpone(const AlertEvent& event) = 0;
  // Gives it up, with attempts and error, at `event.ended_at`. Of the dead letters the newest
  // `most` stay; gives how many older ones went.
  virtual base::Result<std::uint64_t> Bury(const AlertEvent& event, std::size_t most) = 0;

  // The newest first.
  virtual base::Result<std::vector<AlertEvent>> DeadLetters(const DeadLetterQuery& query) = 0;
  // A dead letter is on its way again, due at `now` and without attempts. kNotFound when it is none
  // (of that owner).
  virtual base::Result<void> Revive(std::string_view event, const std::optional<std::string>& owner,
                                    base::Timestamp now) = 0;
};

}  // namespace geoclimate::store
