#include "geoclimate/store/postgres/database.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "geoclimate/store/postgres/embedded_sql.h"
#include "geoclimate/store/postgres/migrations.h"
#include "geoclimate/store/postgres/write_transaction.h"

namespace geoclimate::store::postgres {

using base::Result;

Result<std::shared_ptr<Database>> Database::Open(const PostgresOptions& options,
                                                 const base::Clock& clock,
                                                 const PostgresSurroundings& around) {
  GC_RETURN_IF_ERROR(options.Validate());
  GC_ASSIGN_OR_RETURN(Target target, Target::Parse(options.url));
  const std::shared_ptr<Database> database(
      new Database(options, std::move(target), clock, around.metrics));
  GC_ASSIGN_OR_RETURN(database->pool_,
                      Pool::Open(database->target_, options.pool,
                                 {.statement_timeout = options.query.statement_timeout,
                                  .prepared_statements = options.query.prepared_statements},
                                 database->log_, around));
  GC_RETURN_IF_ERROR(Migrate(*database, Migrations()));
  return database;
}

Result<Rows> Database::Read(const Call& call) {
  for (int attempt = 0;; ++attempt) {
    GC_ASSIGN_OR_RETURN(Lease lease, Connect());
    Result<Rows> rows = lease->RunOne(call);
    if (rows.ok() || !lease->broken() || attempt > 0) return rows;
  }
}

Result<void> Database::EnterGate(WriteLock lock) {
  // Real time, not the store's clock: the server waits for other processes in real time too.
  const base::Deadline deadline =
      base::Deadline::At(std::chrono::steady_clock::now() + options_.write_wait);
  const base::MutexLock guard(mutex_);
  bool& writing = writing_[static_cast<int>(lock)];
  while (writing) {
    if (!gate_free_.WaitUntil(mutex_, deadline) && writing) {
      return base::Unavailable(
          fmt::format("{}: another write of this process has held it for {} ms; try again", name(),
                      options_.write_wait.count()));
    }
  }
  writing = true;
  return {};
}

void Database::LeaveGate(WriteLock lock) {
  {
    const base::MutexLock guard(mutex_);
    writing_[static_cast<int>(lock)] = false;
  }
  gate_free_.NotifyAll();
}

Result<WriteTransaction> Database::BeginWrite(WriteLock lock) {
  GC_RETURN_IF_ERROR(EnterGate(lock));
  Result<Lease> lease = Connect();
  if (!lease.ok()) {
    LeaveGate(lock);
    return lease.error();
  }
  return WriteTransaction(this, lock, *std::move(lease));
}

}  // namespace geoclimate::store::postgres
