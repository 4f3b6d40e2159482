#include "geoclimate/store/postgres/write_transaction.h"

#include <iterator>
#include <string>
#include <utility>

namespace geoclimate::store::postgres {

using base::Result;
using std::chrono::milliseconds;

WriteTransaction::WriteTransaction(Database* database, WriteLock lock, Lease lease)
    : database_(database), lock_(lock), lease_(std::move(lease)) {
  const auto patience = [](milliseconds statement, milliseconds wait) {
    return Parameters().Text(std::to_string(statement.count())).Text(std::to_string(wait.count()));
  };
  const PostgresOptions& options = database_->options();
  Defer({"begin_write", {}});
  // Waiting for the lock is not what the statement's time is for.
  Defer({"set_patience", patience(milliseconds(0), options.write_wait)});
  Defer({"take_lock", Parameters().Integer4(static_cast<std::int32_t>(lock))});
  Defer({"set_patience", patience(options.query.statement_timeout, options.write_wait)});
}

WriteTransaction::WriteTransaction(WriteTransaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)),
      lock_(other.lock_),
      lease_(std::move(other.lease_)),
      deferred_(std::move(other.deferred_)),
      begun_(other.begun_) {
  other.lease_.reset();
}

WriteTransaction::~WriteTransaction() {
  if (database_ != nullptr) End();
}

void WriteTransaction::End() {
  // Of a connection that cannot roll back, the server does when it sees it gone.
  if (begun_ && !(*lease_)->idle() && !(*lease_)->broken()) {
    static_cast<void>((*lease_)->RunOne({"rollback", {}}));
  }
  lease_.reset();
  std::exchange(database_, nullptr)->LeaveGate(lock_);
}

Result<std::vector<Rows>> WriteTransaction::Run(std::vector<Call> calls) {
  std::vector<Call> all = std::exchange(deferred_, {});
  const auto first = static_cast<std::ptrdiff_t>(all.size());
  std::move(calls.begin(), calls.end(), std::back_inserter(all));
  const milliseconds patience = begun_ ? milliseconds(0) : database_->options().write_wait;
  begun_ = true;
  GC_ASSIGN_OR_RETURN(std::vector<Rows> rows, (*lease_)->Run(std::move(all), patience));
  rows.erase(rows.begin(), rows.begin() + first);
  return rows;
}

Result<void> WriteTransaction::CopyIn(std::string_view statement,
                                      const std::function<bool(std::string&)>& fill) {
  if (!deferred_.empty()) {
    GC_ASSIGN_OR_RETURN(const std::vector<Rows> none, Run({}));
  }
  return (*lease_)->CopyIn(statement, fill);
}

Result<void> WriteTransaction::Commit() {
  Defer({"commit", {}});
  const Result<std::vector<Rows>> done = Run({});
  End();
  if (!done.ok()) return done.error();
  return {};
}

}  // namespace geoclimate::store::postgres
