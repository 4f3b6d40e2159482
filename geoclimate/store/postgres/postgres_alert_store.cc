#include "geoclimate/store/postgres/postgres_alert_store.h"

#include "geoclimate/store/alert_errors.h"

namespace geoclimate::store::postgres {
namespace {

using base::Result;

std::int64_t Micros(base::Timestamp at) {
  return at.time_since_epoch().count();
}

Parameters& AddTime(Parameters& parameters, const std::optional<base::Timestamp>& time) {
  return time ? parameters.Time(Micros(*time)) : parameters.Null(Type::kTime);
}

Parameters& AddText(Parameters& parameters, const std::optional<std::string>& text) {
  return text ? parameters.Text(*text) : parameters.Null(Type::kText);
}

std::optional<base::Timestamp> OptionalTimeAt(const Rows& rows, int row, int column) {
  if (rows.IsNull(row, column)) return std::nullopt;
  return rows.Time(row, column);
}

AlertRecord ReadAlert(const Rows& rows, int row) {
  AlertRecord alert;
  alert.id = rows.Text(row, 0);
  alert.owner = rows.Text(row, 1);
  alert.created_at = rows.Time(row, 2);
  alert.rule = rows.Text(row, 3);
  alert.key_id = rows.Text(row, 4);
  alert.progress.phase = static_cast<int>(rows.Integer(row, 5));
  alert.progress.episode = rows.Text(row, 6);
  alert.progress.last_event_at = OptionalTimeAt(rows, row, 7);
  alert.turn = rows.Integer(row, 8);
  return alert;
}

AlertEvent ReadEvent(const Rows& rows, int row) {
  AlertEvent event;
  event.id = rows.Text(row, 0);
  event.alert = rows.Text(row, 1);
  event.key_id = rows.Text(row, 2);
  event.target = rows.Text(row, 3);
  event.body = rows.Text(row, 4);
  event.created_at = rows.Time(row, 5);
  event.attempts = static_cast<int>(rows.Integer(row, 6));
  event.due_at = rows.Time(row, 7);
  event.error = rows.Text(row, 8);
  event.ended_at = OptionalTimeAt(rows, row, 9);
  return event;
}

template <typename Read>
auto ReadAll(const Rows& rows, const Read& read) {
  std::vector<decltype(read(rows, 0))> all;
  all.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) all.push_back(read(rows, row));
  return all;
}

Call Set(const AlertEvent& event) {
  Call call{"set_alert_event", {}};
  call.parameters.Text(event.id)
      .Integer4(event.attempts)
      .Time(Micros(event.due_at))
      .Text(event.error);
  AddTime(call.parameters, event.ended_at);
  return call;
}

// One statement is a transaction of its own.
Result<Rows> RunAlone(Database& database, Call call) {
  GC_ASSIGN_OR_RETURN(Lease lease, database.Connect());
  return lease->RunOne(std::move(call));
}

}  // namespace

Result<void> PostgresAlertStore::Add(const AlertRecord& alert, std::size_t most) {
  Call call{"add_alert", {}};
  call.parameters.Text(alert.id)
      .Text(alert.owner)
      .Time(Micros(alert.created_at))
      .Text(alert.rule)
      .Text(alert.key_id)
      .Integer4(alert.progress.phase)
      .Text(alert.progress.episode);
  AddTime(call.parameters, alert.progress.last_event_at)
      .Integer8(alert.turn)
      .Integer8(static_cast<std::int64_t>(most));
  GC_ASSIGN_OR_RETURN(const Rows rows, RunAlone(*database_, std::move(call)));
  if (rows.Integer(0, 0) == 1) return {};
  if (rows.Integer(0, 1) > 0) return AlertExists(alert.id);
  return TooManyAlerts(most);
}

Result<void> PostgresAlertStore::Remove(std::string_view id) {
  GC_ASSIGN_OR_RETURN(const Rows rows,
                      RunAlone(*database_, {"remove_alert", Parameters().Text(id)}));
  if (rows.size() == 0) return NoSuchAlert(id);
  return {};
}

Result<std::vector<AlertRecord>> PostgresAlertStore::List() {
  GC_ASSIGN_OR_RETURN(const Rows rows, database_->Read("all_alerts"));
  return ReadAll(rows, ReadAlert);
}

Result<AlertRecord> PostgresAlertStore::Find(std::string_view id) {
  GC_ASSIGN_OR_RETURN(const Rows rows, RunAlone(*database_, {"find_alert", Parameters().Text(id)}));
  if (rows.size() == 0) return NoSuchAlert(id);
  return ReadAlert(rows, 0);
}

Result<AlertSummary> PostgresAlertStore::Summary() {
  GC_ASSIGN_OR_RETURN(const Rows rows, database_->Read("alert_summary"));
  AlertSummary summary;
  summary.alerts = static_cast<std::uint64_t>(rows.Integer(0, 0));
  summary.newest = OptionalTimeAt(rows, 0, 1);
  summary.unsettled = static_cast<std::uint64_t>(rows.Integer(0, 2));
  summary.pending = static_cast<std::uint64_t>(rows.Integer(0, 3));
  summary.oldest_pending = OptionalTimeAt(rows, 0, 4);
  summary.dead = static_cast<std::uint64_t>(rows.Integer(0, 5));
  return summary;
}

Result<void> PostgresAlertStore::Advance(std::string_view id, std::int64_t turn,
                                         const AlertProgress& progress,
                                         const std::optional<AlertEvent>& event) {
  Call call{event ? "advance_alert_with_event" : "advance_alert", {}};
  call.parameters.Text(id).Integer8(turn).Integer4(progress.phase).Text(progress.episode);
  AddTime(call.parameters, progress.last_event_at);
  if (event) {
    call.parameters.Text(event->id)
        .Text(event->key_id)
        .Text(event->target)
        .Text(event->body)
        .Time(Micros(event->created_at))
        .Integer4(event->attempts)
        .Time(Micros(event->due_at))
        .Text(event->error);
  }
  GC_ASSIGN_OR_RETURN(const Rows rows, RunAlone(*database_, std::move(call)));
  if (rows.size() == 0) return AlertMoved(id);
  return {};
}

Result<std::vector<AlertEvent>> PostgresAlertStore::Due(base::Timestamp now, std::size_t limit) {
  GC_ASSIGN_OR_RETURN(
      const Rows rows,
      RunAlone(*database_,
               {"due_alert_events",
                Parameters().Time(Micros(now)).Integer8(static_cast<std::int64_t>(limit))}));
  return ReadAll(rows, ReadEvent);
}

Result<void> PostgresAlertStore::Delivered(std::string_view event) {
  const auto done = RunAlone(*database_, {"delivered_alert_event", Parameters().Text(event)});
  if (!done.ok()) return done.error();
  return {};
}

Result<void> PostgresAlertStore::Postpone(const AlertEvent& event) {
  const auto done = RunAlone(*database_, Set(event));
  if (!done.ok()) return done.error();
  return {};
}

Result<std::uint64_t> PostgresAlertStore::Bury(const AlertEvent& event, std::size_t most) {
  GC_ASSIGN_OR_RETURN(Lease lease, database_->Connect());
  // Sent together they are one transaction.
  std::vector<Call> calls;
  calls.push_back(Set(event));
  calls.push_back({"trim_dead_letters", Parameters().Integer8(static_cast<std::int64_t>(most))});
  GC_ASSIGN_OR_RETURN(const std::vector<Rows> rows, lease->Run(std::move(calls)));
  return static_cast<std::uint64_t>(rows.back().Integer(0, 0));
}

Result<std::vector<AlertEvent>> PostgresAlertStore::DeadLetters(const DeadLetterQuery& query) {
  Call call{"dead_letters", {}};
  AddText(call.parameters, query.owner).Integer8(static_cast<std::int64_t>(query.limit));
  GC_ASSIGN_OR_RETURN(const Rows rows, RunAlone(*database_, std::move(call)));
  return ReadAll(rows, ReadEvent);
}

Result<void> PostgresAlertStore::Revive(std::string_view event,
                                        const std::optional<std::string>& owner,
                                        base::Timestamp now) {
  Call call{"revive_dead_letter", {}};
  call.parameters.Text(event);
  AddText(call.parameters, owner).Time(Micros(now));
  GC_ASSIGN_OR_RETURN(const Rows rows, RunAlone(*database_, std::move(call)));
  if (rows.size() == 0) return NoSuchDeadLetter(event);
  return {};
}

}  // namespace geoclimate::store::postgres
