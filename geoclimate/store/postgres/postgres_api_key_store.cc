#include "geoclimate/store/postgres/postgres_api_key_store.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "geoclimate/store/postgres/write_transaction.h"

namespace geoclimate::store::postgres {
namespace {

using base::Result;

constexpr std::chrono::days kReportsAreKept{31};

std::int64_t Micros(base::Timestamp at) {
  return at.time_since_epoch().count();
}

std::optional<base::Timestamp> TimeAt(const Rows& rows, int row, int column) {
  if (rows.IsNull(row, column)) return std::nullopt;
  return rows.Time(row, column);
}

std::string_view BytesOf(const formats::Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

base::Error NoSuchKey(std::string_view prefix) {
  return base::NotFound(fmt::format("there is no key '{}'", prefix));
}

Call AddKey(const ApiKeyRecord& key) {
  Call call{"add_api_key", Parameters()
                               .Text(key.prefix)
                               .Text(key.name)
                               .Bytes(BytesOf(key.digest))
                               .Text(key.scopes)
                               .Time(Micros(key.created_at))};
  if (key.expires_at) {
    call.parameters.Time(Micros(*key.expires_at));
  } else {
    call.parameters.Null(Type::kTime);
  }
  call.parameters.Integer8(static_cast<std::int64_t>(key.requests_per_minute))
      .Integer8(static_cast<std::int64_t>(key.daily_rows));
  return call;
}

// The rows of one statement within the transaction.
Result<Rows> RunOne(WriteTransaction& transaction, Call call) {
  std::vector<Call> calls;
  calls.push_back(std::move(call));
  GC_ASSIGN_OR_RETURN(std::vector<Rows> rows, transaction.Run(std::move(calls)));
  return std::move(rows.front());
}

Result<void> Insert(WriteTransaction& transaction, const ApiKeyRecord& key) {
  GC_ASSIGN_OR_RETURN(const Rows added, RunOne(transaction, AddKey(key)));
  if (added.size() == 1) return {};
  return base::AlreadyExists(fmt::format("there is a key '{}' already", key.prefix));
}

// kNotFound; kFailedPrecondition when it cannot have a successor.
Result<void> CheckRotatable(WriteTransaction& transaction, std::string_view prefix) {
  GC_ASSIGN_OR_RETURN(const Rows key,
                      RunOne(transaction, {"find_api_key", Parameters().Text(prefix)}));
  if (key.size() == 0) return NoSuchKey(prefix);
  if (key.Integer(0, 0) != 0) {
    return base::FailedPrecondition(fmt::format("key '{}' is revoked", prefix));
  }
  if (key.IsNull(0, 1)) return {};
  return base::FailedPrecondition(
      fmt::format("key '{}' was replaced by '{}' already", prefix, key.Text(0, 1)));
}

ApiKeyRecord ReadKey(const Rows& rows, int row) {
  ApiKeyRecord key;
  key.prefix = rows.Text(row, 0);
  key.name = rows.Text(row, 1);
  const std::string_view digest = rows.Text(row, 2);
  std::copy_n(digest.begin(), std::min(digest.size(), key.digest.bytes.size()),
              key.digest.bytes.begin());
  key.scopes = rows.Text(row, 3);
  key.created_at = rows.Time(row, 4);
  key.expires_at = TimeAt(rows, row, 5);
  key.revoked_at = TimeAt(rows, row, 6);
  key.last_used_at = TimeAt(rows, row, 7);
  if (!rows.IsNull(row, 8)) key.successor = rows.Text(row, 8);
  key.requests_per_minute = static_cast<std::uint64_t>(rows.Integer(row, 9));
  key.daily_rows = static_cast<std::uint64_t>(rows.Integer(row, 10));
  return key;
}

void AddTime(const std::optional<base::Timestamp>& at, Column& column) {
  if (at) {
    column.AddTime(Micros(*at));
  } else {
    column.AddNull();
  }
}

Call RestoreKeys(std::span<const ApiKeyRecord> keys) {
  std::vector<Column> columns;
  for (const Type type :
       {Type::kText, Type::kText, Type::kBytes, Type::kText, Type::kTime, Type::kTime, Type::kTime,
        Type::kTime, Type::kText, Type::kInteger8, Type::kInteger8}) {
    columns.emplace_back(type);
  }
  for (const ApiKeyRecord& key : keys) {
    auto column = columns.begin();
    (column++)->AddText(key.prefix);
    (column++)->AddText(key.name);
    (column++)->AddText(BytesOf(key.digest));
    (column++)->AddText(key.scopes);
    AddTime(key.created_at, *column++);
    AddTime(key.expires_at, *column++);
    AddTime(key.revoked_at, *column++);
    AddTime(key.last_used_at, *column++);
    if (key.successor.empty()) {
      (column++)->AddNull();
    } else {
      (column++)->AddText(key.successor);
    }
    (column++)->Add(static_cast<std::int64_t>(key.requests_per_minute));
    column->Add(static_cast<std::int64_t>(key.daily_rows));
  }
  Call call{"restore_api_keys", {}};
  for (const Column& column : columns) call.parameters.Array(column);
  return call;
}

// Of days, prefixes, requests and rows.
template <typename Usage>
Call UsageCall(std::string_view statement, std::span<const Usage> usage) {
  Column days(Type::kDay);
  Column prefixes(Type::kText);
  Column requests(Type::kInteger8);
  Column rows(Type::kInteger8);
  for (const Usage& one : usage) {
    days.AddDay(one.day);
    prefixes.AddText(one.prefix);
    requests.Add(static_cast<std::int64_t>(one.requests));
    rows.Add(static_cast<std::int64_t>(one.rows));
  }
  return {statement, Parameters().Array(days).Array(prefixes).Array(requests).Array(rows)};
}

}  // namespace

Result<void> PostgresApiKeyStore::Add(const ApiKeyRecord& key) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite(WriteLock::kAccess));
  GC_RETURN_IF_ERROR(Insert(transaction, key));
  return transaction.Commit();
}

Result<void> PostgresApiKeyStore::Revoke(std::string_view prefix, base::Timestamp at) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite(WriteLock::kAccess));
  GC_ASSIGN_OR_RETURN(
      const Rows revoked,
      RunOne(transaction, {"revoke_api_key", Parameters().Text(prefix).Time(Micros(at))}));
  if (revoked.size() == 0) return NoSuchKey(prefix);
  return transaction.Commit();
}

Result<void> PostgresApiKeyStore::Rotate(std::string_view prefix, const ApiKeyRecord& successor,
                                         base::Timestamp ends_at) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite(WriteLock::kAccess));
  GC_RETURN_IF_ERROR(CheckRotatable(transaction, prefix));
  GC_RETURN_IF_ERROR(Insert(transaction, successor));
  transaction.Defer(
      {"succeed_api_key", Parameters().Text(prefix).Text(successor.prefix).Time(Micros(ends_at))});
  return transaction.Commit();
}

Result<std::vector<ApiKeyRecord>> PostgresApiKeyStore::List() {
  GC_ASSIGN_OR_RETURN(const Rows rows, database_->Read("all_api_keys"));
  std::vector<ApiKeyRecord> keys;
  keys.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) keys.push_back(ReadKey(rows, row));
  return keys;
}

Result<std::int64_t> PostgresApiKeyStore::Revision() {
  GC_ASSIGN_OR_RETURN(const Rows newest, database_->Read("api_key_revision"));
  return newest.Integer(0, 0);
}

Result<void> PostgresApiKeyStore::RecordUse(const ApiKeyReport& report) {
  if (report.uses.empty()) return {};
  const base::Timestamp now = database_->clock().Now();
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite(WriteLock::kAccess));
  GC_ASSIGN_OR_RETURN(const Rows begun,
                      RunOne(transaction, {"begin_api_key_report",
                                           Parameters()
                                               .Text(report.recorder)
                                               .Integer8(static_cast<std::int64_t>(report.number))
                                               .Time(Micros(now))}));
  if (begun.size() == 0) return {};
  Column prefixes(Type::kText);
  Column times(Type::kTime);
  for (const ApiKeyUse& use : report.uses) {
    prefixes.AddText(use.prefix);
    times.AddTime(Micros(use.last_used_at));
  }
  transaction.Defer({"note_api_key_use", Parameters().Array(prefixes).Array(times)});
  transaction.Defer(UsageCall<ApiKeyUse>("add_api_key_usage", report.uses));
  transaction.Defer({"forget_api_key_reports", Parameters().Time(Micros(now - kReportsAreKept))});
  return transaction.Commit();
}

Result<std::vector<ApiKeyUsage>> PostgresApiKeyStore::UsageOf(base::LocalDay day) {
  GC_ASSIGN_OR_RETURN(const Rows rows,
                      database_->Read({"api_key_usage_of_day", Parameters().Day(day)}));
  std::vector<ApiKeyUsage> usage;
  usage.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) {
    usage.push_back({.prefix = std::string(rows.Text(row, 0)),
                     .requests = static_cast<std::uint64_t>(rows.Integer(row, 1)),
                     .rows = static_cast<std::uint64_t>(rows.Integer(row, 2))});
  }
  return usage;
}

Result<std::vector<ApiKeyDay>> PostgresApiKeyStore::EveryUsage() {
  GC_ASSIGN_OR_RETURN(const Rows rows, database_->Read("every_api_key_usage"));
  std::vector<ApiKeyDay> usage;
  usage.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) {
    usage.push_back({.prefix = std::string(rows.Text(row, 1)),
                     .day = rows.Day(row, 0),
                     .requests = static_cast<std::uint64_t>(rows.Integer(row, 2)),
                     .rows = static_cast<std::uint64_t>(rows.Integer(row, 3))});
  }
  return usage;
}

Result<void> PostgresApiKeyStore::Restore(std::span<const ApiKeyRecord> keys,
                                          std::span<const ApiKeyDay> usage) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite(WriteLock::kAccess));
  transaction.Defer(RestoreKeys(keys));
  transaction.Defer(UsageCall<ApiKeyDay>("restore_api_key_usage", usage));
  return transaction.Commit();
}

}  // namespace geoclimate::store::postgres
