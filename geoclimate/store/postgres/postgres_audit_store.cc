#include "geoclimate/store/postgres/postgres_audit_store.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "geoclimate/store/postgres/write_transaction.h"

namespace geoclimate::store::postgres {
namespace {

using base::Result;

constexpr std::size_t kMostRecords = 10'000;
constexpr std::size_t kTexts = 9;
// In the order of the columns.
constexpr std::array<std::string AuditRecord::*, kTexts> kTextColumns = {
    &AuditRecord::actor,   &AuditRecord::address,    &AuditRecord::action,
    &AuditRecord::subject, &AuditRecord::from,       &AuditRecord::to,
    &AuditRecord::reason,  &AuditRecord::request_id, &AuditRecord::outcome};

AuditRecord ReadRecord(const Rows& rows, int row) {
  AuditRecord record;
  record.id = rows.Integer(row, 0);
  record.at = rows.Time(row, 1);
  int column = 2;
  for (std::string AuditRecord::* const text : kTextColumns) {
    record.*text = rows.Text(row, column++);
  }
  return record;
}

// An array of times, and one of each text.
void AddColumns(std::span<const AuditRecord> records, Parameters& parameters) {
  Column times(Type::kTime);
  for (const AuditRecord& record : records) times.AddTime(record.at.time_since_epoch().count());
  parameters.Array(times);
  for (std::string AuditRecord::* const text : kTextColumns) {
    Column texts(Type::kText);
    for (const AuditRecord& record : records) texts.AddText(record.*text);
    parameters.Array(texts);
  }
}

}  // namespace

Result<std::int64_t> PostgresAuditStore::Append(const AuditRecord& record) {
  const base::Timestamp at = record.at == base::Timestamp() ? database_->clock().Now() : record.at;
  Parameters parameters;
  parameters.Time(at.time_since_epoch().count());
  for (std::string AuditRecord::* const text : kTextColumns) parameters.Text(record.*text);
  GC_ASSIGN_OR_RETURN(const Rows id, Add({"append_audit", std::move(parameters)}));
  return id.Integer(0, 0);
}

Result<void> PostgresAuditStore::AppendAll(std::span<const AuditRecord> records) {
  if (records.empty()) return {};
  Call append{"append_audits", {}};
  AddColumns(records, append.parameters);
  GC_ASSIGN_OR_RETURN(const Rows none, Add(append));
  return {};
}

// Told again over another connection where the first turned out to have been cut: a record that got
// through is found there.
Result<Rows> PostgresAuditStore::Add(const Call& call) {
  for (int attempt = 0;; ++attempt) {
    GC_ASSIGN_OR_RETURN(Lease lease, database_->Connect());
    Result<Rows> rows = lease->RunOne(call);
    if (rows.ok() || !lease->broken() || attempt > 0) return rows;
  }
}

Result<std::vector<AuditRecord>> PostgresAuditStore::Read(std::string_view query,
                                                          std::int64_t bound, std::size_t limit) {
  GC_ASSIGN_OR_RETURN(
      const Rows rows,
      database_->Read({query, Parameters().Integer8(bound).Integer8(
                                  static_cast<std::int64_t>(std::min(limit, kMostRecords)))}));
  std::vector<AuditRecord> records;
  records.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) records.push_back(ReadRecord(rows, row));
  return records;
}

Result<std::vector<AuditRecord>> PostgresAuditStore::List(const AuditQuery& query) {
  return Read("audit_before", query.before.value_or(std::numeric_limits<std::int64_t>::max()),
              query.limit);
}

Result<std::vector<AuditRecord>> PostgresAuditStore::After(std::int64_t after, std::size_t limit) {
  return Read("audit_after", after, limit);
}

Result<void> PostgresAuditStore::Restore(std::span<const AuditRecord> records) {
  if (records.empty()) return {};
  Column ids(Type::kInteger8);
  for (const AuditRecord& record : records) ids.Add(record.id);
  Call restore{"restore_audit", Parameters().Array(ids)};
  AddColumns(records, restore.parameters);
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite(WriteLock::kAccess));
  transaction.Defer(std::move(restore));
  transaction.Defer({"continue_audit_ids", {}});
  return transaction.Commit();
}

}  // namespace geoclimate::store::postgres
