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

}  // namespace

Result<std::int64_t> PostgresAuditStore::Append(const AuditRecord& record) {
  const base::Timestamp at = record.at == base::Timestamp() ? database_->clock().Now() : record.at;
  Parameters parameters;
  parameters.Time(at.time_since_epoch().count());
  for (std::string AuditRecord::* const text : kTextColumns) parameters.Text(record.*text);
  // Told again over another connection where the first turned out to have been cut: a record that
  // got through is found there.
  for (int attempt = 0;; ++attempt) {
    GC_ASSIGN_OR_RETURN(Lease lease, database_->Connect());
    const Result<Rows> rows = lease->RunOne({"append_audit", parameters});
    if (rows.ok()) return rows->Integer(0, 0);
    if (!lease->broken() || attempt > 0) return rows.error();
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
  Column times(Type::kTime);
  std::vector<Column> texts(kTexts, Column(Type::kText));
  for (const AuditRecord& record : records) {
    ids.Add(record.id);
    times.AddTime(record.at.time_since_epoch().count());
    for (std::size_t i = 0; i < kTexts; ++i) texts[i].AddText(record.*kTextColumns[i]);
  }
  Call restore{"restore_audit", Parameters().Array(ids).Array(times)};
  for (const Column& column : texts) restore.parameters.Array(column);
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite(WriteLock::kAccess));
  transaction.Defer(std::move(restore));
  transaction.Defer({"continue_audit_ids", {}});
  return transaction.Commit();
}

}  // namespace geoclimate::store::postgres
