#include "geoclimate/store/sqlite/sqlite_audit_store.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string_view>

namespace geoclimate::store::sqlite {
namespace {

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

}  // namespace

base::Result<std::int64_t> SqliteAuditStore::Append(const AuditRecord& record) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  GC_ASSIGN_OR_RETURN(Statement * append, transaction.session().Prepared("append_audit"));
  append->Bind(1, std::int64_t{database_->clock().Now().time_since_epoch().count()});
  int parameter = 2;
  for (const std::string* const text :
       {&record.actor, &record.address, &record.action, &record.subject, &record.from, &record.to,
        &record.reason, &record.request_id, &record.outcome}) {
    append->Bind(parameter++, std::string_view(*text));
  }
  GC_RETURN_IF_ERROR(append->Run());
  const std::int64_t id = append->InsertedRow();
  GC_RETURN_IF_ERROR(transaction.Commit());
  return id;
}

base::Result<std::vector<AuditRecord>> SqliteAuditStore::List(const AuditQuery& query) {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * before, transaction.session().Prepared("audit_before"));
  before->Bind(1, query.before.value_or(std::numeric_limits<std::int64_t>::max()));
  before->Bind(2, static_cast<std::int64_t>(std::min(query.limit, kMostRecords)));
  std::vector<AuditRecord> records;
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, before->Step());
    if (!row) return records;
    records.push_back(ReadRecord(*before));
  }
}

}  // namespace geoclimate::store::sqlite
