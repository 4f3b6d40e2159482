#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/store/postgres/database.h"

namespace geoclimate::store::postgres {

// A transaction that holds a write lock from its first statement on: what it reads is the newest
// state and stays so. Rolls back when it goes without Commit(). Not thread-safe.
//
// Statements whose rows nobody waits for are deferred and travel with the next that is: a small
// write takes three round trips, whatever it consists of.
class WriteTransaction {
 public:
  WriteTransaction(WriteTransaction&& other) noexcept;
  WriteTransaction& operator=(WriteTransaction&&) = delete;
  ~WriteTransaction();

  // After the next Run(), CopyIn() or Commit() it has run; an error of it is given there.
  void Defer(Call call) { deferred_.push_back(std::move(call)); }
  // The rows of each of `calls`. The transaction is lost after an error.
  base::Result<std::vector<Rows>> Run(std::vector<Call> calls);
  base::Result<void> CopyIn(std::string_view statement,
                            const std::function<bool(std::string&)>& fill);

  // What is read with it, when nothing is deferred.
  Connection& connection() { return **lease_; }

  // Durable when it returns success. After an error that is not kUnavailable it is rolled back;
  // after that one it may have been committed.
  base::Result<void> Commit();

 private:
  friend class Database;
  WriteTransaction(Database* database, WriteLock lock, Lease lease);
  void End();

  Database* database_;  // null when moved from or ended
  WriteLock lock_;
  std::optional<Lease> lease_;
  std::vector<Call> deferred_;
  bool begun_ = false;  // the first statements have been sent
};

}  // namespace geoclimate::store::postgres
