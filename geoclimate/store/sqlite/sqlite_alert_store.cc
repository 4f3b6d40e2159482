#include "geoclimate/store/sqlite/sqlite_alert_store.h"

#include <sqlite3.h>

#include <chrono>

#include "geoclimate/store/alert_errors.h"

namespace geoclimate::store::sqlite {
namespace {

using base::Result;

std::int64_t Micros(base::Timestamp at) {
  return at.time_since_epoch().count();
}

base::Timestamp TimeAt(const Statement& row, int column) {
  return base::Timestamp(std::chrono::microseconds(row.Integer(column)));
}

std::optional<base::Timestamp> OptionalTimeAt(const Statement& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return TimeAt(row, column);
}

void BindTime(Statement& statement, int parameter, const std::optional<base::Timestamp>& time) {
  if (time) {
    statement.Bind(parameter, Micros(*time));
  } else {
    statement.BindNull(parameter);
  }
}

void BindText(Statement& statement, int parameter, const std::optional<std::string>& text) {
  if (text) {
    statement.Bind(parameter, std::string_view(*text));
  } else {
    statement.BindNull(parameter);
  }
}

std::int64_t Changes(Session& session) {
  return sqlite3_changes64(session.connection().handle());
}

AlertRecord ReadAlert(const Statement& row) {
  AlertRecord alert;
  alert.id = row.Text(0);
  alert.owner = row.Text(1);
  alert.created_at = TimeAt(row, 2);
  alert.rule = row.Text(3);
  alert.key_id = row.Text(4);
  alert.progress.phase = static_cast<int>(row.Integer(5));
  alert.progress.episode = row.Text(6);
  alert.progress.last_event_at = OptionalTimeAt(row, 7);
  alert.turn = row.Integer(8);
  return alert;
}

AlertEvent ReadEvent(const Statement& row) {
  AlertEvent event;
  event.id = row.Text(0);
  event.alert = row.Text(1);
  event.key_id = row.Text(2);
  event.target = row.Text(3);
  event.body = row.Text(4);
  event.created_at = TimeAt(row, 5);
  event.attempts = static_cast<int>(row.Integer(6));
  event.due_at = TimeAt(row, 7);
  event.error = row.Text(8);
  event.ended_at = OptionalTimeAt(row, 9);
  return event;
}

Result<void> Insert(Session& session, const AlertEvent& event) {
  GC_ASSIGN_OR_RETURN(Statement * add, session.Prepared("add_alert_event"));
  add->Bind(1, std::string_view(event.id));
  add->Bind(2, std::string_view(event.alert));
  add->Bind(3, std::string_view(event.key_id));
  add->Bind(4, std::string_view(event.target));
  add->Bind(5, std::string_view(event.body));
  add->Bind(6, Micros(event.created_at));
  add->Bind(7, std::int64_t{event.attempts});
  add->Bind(8, Micros(event.due_at));
  add->Bind(9, std::string_view(event.error));
  return add->Run();
}

Result<void> Set(Session& session, const AlertEvent& event) {
  GC_ASSIGN_OR_RETURN(Statement * set, session.Prepared("set_alert_event"));
  set->Bind(1, std::string_view(event.id));
  set->Bind(2, std::int64_t{event.attempts});
  set->Bind(3, Micros(event.due_at));
  set->Bind(4, std::string_view(event.error));
  BindTime(*set, 5, event.ended_at);
  return set->Run();
}

template <typename Read>
auto ReadAll(Statement& statement, const Read& read)
    -> Result<std::vector<decltype(read(statement))>> {
  std::vector<decltype(read(statement))> all;
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, statement.Step());
    if (!row) return all;
    all.push_back(read(statement));
  }
}

}  // namespace

Result<void> SqliteAlertStore::Add(const AlertRecord& alert, std::size_t most) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  Session& session = transaction.session();
  GC_ASSIGN_OR_RETURN(Statement * find, session.Prepared("find_alert"));
  find->Bind(1, std::string_view(alert.id));
  GC_ASSIGN_OR_RETURN(const bool exists, find->Step());
  find->Reset();
  if (exists) return AlertExists(alert.id);
  GC_ASSIGN_OR_RETURN(Statement * add, session.Prepared("add_alert"));
  add->Bind(1, std::string_view(alert.id));
  add->Bind(2, std::string_view(alert.owner));
  add->Bind(3, Micros(alert.created_at));
  add->Bind(4, std::string_view(alert.rule));
  add->Bind(5, std::string_view(alert.key_id));
  add->Bind(6, std::int64_t{alert.progress.phase});
  add->Bind(7, std::string_view(alert.progress.episode));
  BindTime(*add, 8, alert.progress.last_event_at);
  add->Bind(9, alert.turn);
  add->Bind(10, static_cast<std::int64_t>(most));
  GC_RETURN_IF_ERROR(add->Run());
  if (Changes(session) == 0) return TooManyAlerts(most);
  return transaction.Commit();
}

Result<void> SqliteAlertStore::Remove(std::string_view id) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  Session& session = transaction.session();
  GC_ASSIGN_OR_RETURN(Statement * remove, session.Prepared("remove_alert"));
  remove->Bind(1, id);
  GC_RETURN_IF_ERROR(remove->Run());
  if (Changes(session) == 0) return NoSuchAlert(id);
  return transaction.Commit();
}

Result<std::vector<AlertRecord>> SqliteAlertStore::List() {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * all, transaction.session().Prepared("all_alerts"));
  return ReadAll(*all, ReadAlert);
}

Result<AlertRecord> SqliteAlertStore::Find(std::string_view id) {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * find, transaction.session().Prepared("find_alert"));
  find->Bind(1, id);
  GC_ASSIGN_OR_RETURN(const bool row, find->Step());
  if (!row) return NoSuchAlert(id);
  AlertRecord alert = ReadAlert(*find);
  find->Reset();
  return alert;
}

Result<AlertSummary> SqliteAlertStore::Summary() {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * read, transaction.session().Prepared("alert_summary"));
  GC_ASSIGN_OR_RETURN(const bool row, read->Step());
  AlertSummary summary;
  if (!row) return summary;
  summary.alerts = static_cast<std::uint64_t>(read->Integer(0));
  summary.newest = OptionalTimeAt(*read, 1);
  summary.unsettled = static_cast<std::uint64_t>(read->Integer(2));
  summary.pending = static_cast<std::uint64_t>(read->Integer(3));
  summary.oldest_pending = OptionalTimeAt(*read, 4);
  summary.dead = static_cast<std::uint64_t>(read->Integer(5));
  read->Reset();
  return summary;
}

Result<void> SqliteAlertStore::Advance(std::string_view id, std::int64_t turn,
                                       const AlertProgress& progress,
                                       const std::optional<AlertEvent>& event) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  Session& session = transaction.session();
  GC_ASSIGN_OR_RETURN(Statement * advance, session.Prepared("advance_alert"));
  advance->Bind(1, id);
  advance->Bind(2, turn);
  advance->Bind(3, std::int64_t{progress.phase});
  advance->Bind(4, std::string_view(progress.episode));
  BindTime(*advance, 5, progress.last_event_at);
  GC_RETURN_IF_ERROR(advance->Run());
  if (Changes(session) == 0) return AlertMoved(id);
  if (event) GC_RETURN_IF_ERROR(Insert(session, *event));
  return transaction.Commit();
}

Result<std::vector<AlertEvent>> SqliteAlertStore::Due(base::Timestamp now, std::size_t limit) {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * due, transaction.session().Prepared("due_alert_events"));
  due->Bind(1, Micros(now));
  due->Bind(2, static_cast<std::int64_t>(limit));
  return ReadAll(*due, ReadEvent);
}

Result<void> SqliteAlertStore::Delivered(std::string_view event) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  GC_ASSIGN_OR_RETURN(Statement * remove, transaction.session().Prepared("delivered_alert_event"));
  remove->Bind(1, event);
  GC_RETURN_IF_ERROR(remove->Run());
  return transaction.Commit();
}

Result<void> SqliteAlertStore::Postpone(const AlertEvent& event) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  GC_RETURN_IF_ERROR(Set(transaction.session(), event));
  return transaction.Commit();
}

Result<std::uint64_t> SqliteAlertStore::Bury(const AlertEvent& event, std::size_t most) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  Session& session = transaction.session();
  GC_RETURN_IF_ERROR(Set(session, event));
  GC_ASSIGN_OR_RETURN(Statement * trim, session.Prepared("trim_dead_letters"));
  trim->Bind(1, static_cast<std::int64_t>(most));
  GC_RETURN_IF_ERROR(trim->Run());
  const std::int64_t gone = Changes(session);
  GC_RETURN_IF_ERROR(transaction.Commit());
  return static_cast<std::uint64_t>(gone);
}

Result<std::vector<AlertEvent>> SqliteAlertStore::DeadLetters(const DeadLetterQuery& query) {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * dead, transaction.session().Prepared("dead_letters"));
  BindText(*dead, 1, query.owner);
  dead->Bind(2, static_cast<std::int64_t>(query.limit));
  return ReadAll(*dead, ReadEvent);
}

Result<void> SqliteAlertStore::Revive(std::string_view event,
                                      const std::optional<std::string>& owner,
                                      base::Timestamp now) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  Session& session = transaction.session();
  GC_ASSIGN_OR_RETURN(Statement * revive, session.Prepared("revive_dead_letter"));
  revive->Bind(1, event);
  BindText(*revive, 2, owner);
  revive->Bind(3, Micros(now));
  GC_RETURN_IF_ERROR(revive->Run());
  if (Changes(session) == 0) return NoSuchDeadLetter(event);
  return transaction.Commit();
}

}  // namespace geoclimate::store::sqlite
