#include "geoclimate/store/sqlite/sqlite_api_key_store.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <string>

#include <fmt/format.h>

namespace geoclimate::store::sqlite {
namespace {

using base::Result;

constexpr std::chrono::days kReportsAreKept{31};

std::int64_t Micros(base::Timestamp at) {
  return at.time_since_epoch().count();
}

std::optional<base::Timestamp> TimeAt(const Statement& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return base::Timestamp(std::chrono::microseconds(row.Integer(column)));
}

std::string_view BytesOf(const formats::Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

base::Error NoSuchKey(std::string_view prefix) {
  return base::NotFound(fmt::format("there is no key '{}'", prefix));
}

Result<void> Insert(Session& session, const ApiKeyRecord& key) {
  GC_ASSIGN_OR_RETURN(Statement * add, session.Prepared("add_api_key"));
  add->Bind(1, std::string_view(key.prefix));
  add->Bind(2, std::string_view(key.name));
  add->BindBytes(3, BytesOf(key.digest));
  add->Bind(4, std::string_view(key.scopes));
  add->Bind(5, Micros(key.created_at));
  add->BindNull(6);
  if (key.expires_at) add->Bind(6, Micros(*key.expires_at));
  add->Bind(7, static_cast<std::int64_t>(key.requests_per_minute));
  add->Bind(8, static_cast<std::int64_t>(key.daily_rows));
  GC_RETURN_IF_ERROR(add->Run());
  if (sqlite3_changes64(session.connection().handle()) == 1) return {};
  return base::AlreadyExists(fmt::format("there is a key '{}' already", key.prefix));
}

// kNotFound; kFailedPrecondition when it cannot have a successor.
Result<void> CheckRotatable(Session& session, std::string_view prefix) {
  GC_ASSIGN_OR_RETURN(Statement * find, session.Prepared("find_api_key"));
  find->Bind(1, prefix);
  GC_ASSIGN_OR_RETURN(const bool row, find->Step());
  if (!row) return NoSuchKey(prefix);
  const bool revoked = find->Integer(0) != 0;
  const std::string successor(find->IsNull(1) ? std::string_view() : find->Text(1));
  find->Reset();
  if (revoked) return base::FailedPrecondition(fmt::format("key '{}' is revoked", prefix));
  if (successor.empty()) return {};
  return base::FailedPrecondition(
      fmt::format("key '{}' was replaced by '{}' already", prefix, successor));
}

ApiKeyRecord ReadKey(const Statement& row) {
  ApiKeyRecord key;
  key.prefix = row.Text(0);
  key.name = row.Text(1);
  const std::string_view digest = row.Bytes(2);
  std::copy_n(digest.begin(), std::min(digest.size(), key.digest.bytes.size()),
              key.digest.bytes.begin());
  key.scopes = row.Text(3);
  key.created_at = base::Timestamp(std::chrono::microseconds(row.Integer(4)));
  key.expires_at = TimeAt(row, 5);
  key.revoked_at = TimeAt(row, 6);
  key.last_used_at = TimeAt(row, 7);
  if (!row.IsNull(8)) key.successor = row.Text(8);
  key.requests_per_minute = static_cast<std::uint64_t>(row.Integer(9));
  key.daily_rows = static_cast<std::uint64_t>(row.Integer(10));
  return key;
}

}  // namespace

Result<void> SqliteApiKeyStore::Add(const ApiKeyRecord& key) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  GC_RETURN_IF_ERROR(Insert(transaction.session(), key));
  return transaction.Commit();
}

Result<void> SqliteApiKeyStore::Revoke(std::string_view prefix, base::Timestamp at) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  Session& session = transaction.session();
  GC_ASSIGN_OR_RETURN(Statement * revoke, session.Prepared("revoke_api_key"));
  revoke->Bind(1, prefix);
  revoke->Bind(2, Micros(at));
  GC_RETURN_IF_ERROR(revoke->Run());
  if (sqlite3_changes64(session.connection().handle()) == 0) return NoSuchKey(prefix);
  return transaction.Commit();
}

Result<void> SqliteApiKeyStore::Rotate(std::string_view prefix, const ApiKeyRecord& successor,
                                       base::Timestamp ends_at) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  Session& session = transaction.session();
  GC_RETURN_IF_ERROR(CheckRotatable(session, prefix));
  GC_RETURN_IF_ERROR(Insert(session, successor));
  GC_ASSIGN_OR_RETURN(Statement * succeed, session.Prepared("succeed_api_key"));
  succeed->Bind(1, prefix);
  succeed->Bind(2, std::string_view(successor.prefix));
  succeed->Bind(3, Micros(ends_at));
  GC_RETURN_IF_ERROR(succeed->Run());
  return transaction.Commit();
}

Result<std::vector<ApiKeyRecord>> SqliteApiKeyStore::List() {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * all, transaction.session().Prepared("all_api_keys"));
  std::vector<ApiKeyRecord> keys;
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, all->Step());
    if (!row) return keys;
    keys.push_back(ReadKey(*all));
  }
}

Result<std::int64_t> SqliteApiKeyStore::Revision() {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * newest, transaction.session().Prepared("api_key_revision"));
  GC_ASSIGN_OR_RETURN(const bool row, newest->Step());
  const std::int64_t revision = row ? newest->Integer(0) : 0;
  newest->Reset();
  return revision;
}

Result<void> SqliteApiKeyStore::RecordUse(const ApiKeyReport& report) {
  if (report.uses.empty()) return {};
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  Session& session = transaction.session();
  const base::Timestamp now = database_->clock().Now();
  GC_ASSIGN_OR_RETURN(Statement * begin, session.Prepared("begin_api_key_report"));
  begin->Bind(1, std::string_view(report.recorder));
  begin->Bind(2, static_cast<std::int64_t>(report.number));
  begin->Bind(3, Micros(now));
  GC_RETURN_IF_ERROR(begin->Run());
  if (sqlite3_changes64(session.connection().handle()) == 0) return {};
  GC_ASSIGN_OR_RETURN(Statement * note, session.Prepared("note_api_key_use"));
  GC_ASSIGN_OR_RETURN(Statement * add, session.Prepared("add_api_key_usage"));
  for (const ApiKeyUse& use : report.uses) {
    note->Bind(1, std::string_view(use.prefix));
    note->Bind(2, Micros(use.last_used_at));
    GC_RETURN_IF_ERROR(note->Run());
    add->Bind(1, std::string_view(use.prefix));
    add->Bind(2, std::int64_t{base::DayNumber(use.day)});
    add->Bind(3, static_cast<std::int64_t>(use.requests));
    add->Bind(4, static_cast<std::int64_t>(use.rows));
    GC_RETURN_IF_ERROR(add->Run());
  }
  GC_ASSIGN_OR_RETURN(Statement * forget, session.Prepared("forget_api_key_reports"));
  forget->Bind(1, Micros(now - kReportsAreKept));
  GC_RETURN_IF_ERROR(forget->Run());
  return transaction.Commit();
}

Result<std::vector<ApiKeyUsage>> SqliteApiKeyStore::UsageOf(base::LocalDay day) {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * of_day, transaction.session().Prepared("api_key_usage_of_day"));
  of_day->Bind(1, std::int64_t{base::DayNumber(day)});
  std::vector<ApiKeyUsage> usage;
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, of_day->Step());
    if (!row) return usage;
    usage.push_back({.prefix = std::string(of_day->Text(0)),
                     .requests = static_cast<std::uint64_t>(of_day->Integer(1)),
                     .rows = static_cast<std::uint64_t>(of_day->Integer(2))});
  }
}

Result<std::vector<ApiKeyDay>> SqliteApiKeyStore::EveryUsage() {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * every, transaction.session().Prepared("every_api_key_usage"));
  std::vector<ApiKeyDay> usage;
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, every->Step());
    if (!row) return usage;
    usage.push_back({.prefix = std::string(every->Text(1)),
                     .day = base::DayFromNumber(static_cast<std::int32_t>(every->Integer(0))),
                     .requests = static_cast<std::uint64_t>(every->Integer(2)),
                     .rows = static_cast<std::uint64_t>(every->Integer(3))});
  }
}

Result<void> SqliteApiKeyStore::Restore(std::span<const ApiKeyRecord> keys,
                                        std::span<const ApiKeyDay> usage) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  Session& session = transaction.session();
  GC_ASSIGN_OR_RETURN(Statement * put_key, session.Prepared("restore_api_key"));
  const auto bind_time = [put_key](int parameter, const std::optional<base::Timestamp>& at) {
    if (at) {
      put_key->Bind(parameter, Micros(*at));
    } else {
      put_key->BindNull(parameter);
    }
  };
  for (const ApiKeyRecord& key : keys) {
    put_key->Bind(1, std::string_view(key.prefix));
    put_key->Bind(2, std::string_view(key.name));
    put_key->BindBytes(3, BytesOf(key.digest));
    put_key->Bind(4, std::string_view(key.scopes));
    put_key->Bind(5, Micros(key.created_at));
    bind_time(6, key.expires_at);
    bind_time(7, key.revoked_at);
    bind_time(8, key.last_used_at);
    put_key->BindNull(9);
    if (!key.successor.empty()) put_key->Bind(9, std::string_view(key.successor));
    put_key->Bind(10, static_cast<std::int64_t>(key.requests_per_minute));
    put_key->Bind(11, static_cast<std::int64_t>(key.daily_rows));
    GC_RETURN_IF_ERROR(put_key->Run());
  }
  GC_ASSIGN_OR_RETURN(Statement * put_day, session.Prepared("restore_api_key_usage"));
  for (const ApiKeyDay& day : usage) {
    put_day->Bind(1, std::string_view(day.prefix));
    put_day->Bind(2, std::int64_t{base::DayNumber(day.day)});
    put_day->Bind(3, static_cast<std::int64_t>(day.requests));
    put_day->Bind(4, static_cast<std::int64_t>(day.rows));
    GC_RETURN_IF_ERROR(put_day->Run());
  }
  return transaction.Commit();
}

}  // namespace geoclimate::store::sqlite
