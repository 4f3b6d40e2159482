#include "geoclimate/store/sqlite/sqlite_audit_store.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <string_view>

namespace geoclimate::store::sqlite {
namespace {

using base::Result;

constexpr std::size_t kMostRecords = 10'000;

AuditRecord ReadRecord(const Statement& row) {
  AuditRecord record;
  record.id = row.Integer(0);
  record.at = base::Timestamp(std::chrono::microseconds(row.Integer(1)));
  int column = 2;
  for (std::string* const text :
       {&record.actor, &record.address, &record.action, &record.subject, &record.from, &record.to,
        &record.reason, &record.request_id, &record.outcome}) {
    *text = row.Text(column++);
  }
  return record;
}

// From `parameter` on: the time, then the texts.
void BindRecord(Statement& statement, int parameter, base::Timestamp at,
                const AuditRecord& record) {
  statement.Bind(parameter++, std::int64_t{at.time_since_epoch().count()});
  for (const std::string* const text :
       {&record.actor, &record.address, &record.action, &record.subject, &record.from, &record.to,
        &record.reason, &record.request_id, &record.outcome}) {
    statement.Bind(parameter++, std::string_view(*text));
  }
}

// The id of the record, which is added unless it is there.
Result<std::int64_t> Add(Session& session, base::Timestamp at, const AuditRecord& record) {
  GC_ASSIGN_OR_RETURN(Statement * find, session.Prepared("find_audit"));
  BindRecord(*find, 1, at, record);
  GC_ASSIGN_OR_RETURN(const bool there, find->Step());
  if (there) {
    const std::int64_t id = find->Integer(0);
    find->Reset();
    return id;
  }
  GC_ASSIGN_OR_RETURN(Statement * append, session.Prepared("append_audit"));
  BindRecord(*append, 1, at, record);
  GC_RETURN_IF_ERROR(append->Run());
  return append->InsertedRow();
}

}  // namespace

Result<std::int64_t> SqliteAuditStore::Append(const AuditRecord& record) {
  const base::Timestamp at = record.at == base::Timestamp() ? database_->clock().Now() : record.at;
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  GC_ASSIGN_OR_RETURN(const std::int64_t id, Add(transaction.session(), at, record));
  GC_RETURN_IF_ERROR(transaction.Commit());
  return id;
}

Result<void> SqliteAuditStore::AppendAll(std::span<const AuditRecord> records) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  for (const AuditRecord& record : records) {
    GC_ASSIGN_OR_RETURN(const std::int64_t id, Add(transaction.session(), record.at, record));
    static_cast<void>(id);
  }
  return transaction.Commit();
}

Result<std::vector<AuditRecord>> SqliteAuditStore::Read(std::string_view query, std::int64_t bound,
                                                        std::size_t limit) {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * rows, transaction.session().Prepared(query));
  rows->Bind(1, bound);
  rows->Bind(2, static_cast<std::int64_t>(std::min(limit, kMostRecords)));
  std::vector<AuditRecord> records;
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return records;
    records.push_back(ReadRecord(*rows));
  }
}

Result<std::vector<AuditRecord>> SqliteAuditStore::List(const AuditQuery& query) {
  return Read("audit_before", query.before.value_or(std::numeric_limits<std::int64_t>::max()),
              query.limit);
}

Result<std::vector<AuditRecord>> SqliteAuditStore::After(std::int64_t after, std::size_t limit) {
  return Read("audit_after", after, limit);
}

Result<void> SqliteAuditStore::Restore(std::span<const AuditRecord> records) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  GC_ASSIGN_OR_RETURN(Statement * restore, transaction.session().Prepared("restore_audit"));
  for (const AuditRecord& record : records) {
    restore->Bind(1, record.id);
    BindRecord(*restore, 2, record.at, record);
    GC_RETURN_IF_ERROR(restore->Run());
  }
  return transaction.Commit();
}

}  // namespace geoclimate::store::sqlite
