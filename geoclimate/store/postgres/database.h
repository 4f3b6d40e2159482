#pragma once

#include <memory>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/postgres/dictionary.h"
#include "geoclimate/store/postgres/pool.h"
#include "geoclimate/store/postgres/postgres_store.h"
#include "geoclimate/store/postgres/query_log.h"
#include "geoclimate/store/postgres/target.h"

namespace geoclimate::store::postgres {

class WriteTransaction;

// What is written under a lock of its own. The numbers are those of the advisory locks: never
// renumber.
enum class WriteLock {
  kMigrations = 1,
  kObservations = 2,
  kIssuedForecasts = 3,
  kAccess = 4,
  kPredictionLog = 5,
  kSkill = 6,
};
inline constexpr int kWriteLocks = 7;

// The open database: a pool of connections, and of each lock a place for one writer of this
// process, so that those who wait for it hold no connection. Thread-safe. Must outlive its
// transactions.
class Database {
 public:
  // Connects and brings the tables up to date.
  static base::Result<std::shared_ptr<Database>> Open(const PostgresOptions& options,
                                                      const base::Clock& clock,
                                                      const PostgresSurroundings& around);
  ~Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  base::Result<Lease> Connect() { return pool_->Acquire(); }
  // Runs one statement that only reads; once more on another connection where the first one turns
  // out to have been cut.
  base::Result<Rows> Read(const Call& call);
  base::Result<Rows> Read(std::string_view statement) { return Read(Call{statement, {}}); }
  // Waits for the other writers, of this process and of others, up to options().write_wait each.
  base::Result<WriteTransaction> BeginWrite(WriteLock lock);

  const PostgresOptions& options() const { return options_; }
  const base::Clock& clock() const { return clock_; }
  const std::string& name() const { return target_.name(); }
  Dictionary& dictionary() { return dictionary_; }
  Pool& pool() { return *pool_; }

 private:
  friend class WriteTransaction;

  Database(const PostgresOptions& options, Target target, const base::Clock& clock,
           telemetry::MetricRegistry* metrics)
      : options_(options),
        target_(std::move(target)),
        clock_(clock),
        log_(metrics, options.query.slow_after) {}

  base::Result<void> EnterGate(WriteLock lock) EXCLUDES(mutex_);
  void LeaveGate(WriteLock lock) EXCLUDES(mutex_);

  const PostgresOptions options_;
  const Target target_;
  const base::Clock& clock_;
  QueryLog log_;
  Dictionary dictionary_;
  std::unique_ptr<Pool> pool_;
  base::Mutex mutex_;
  base::CondVar gate_free_;
  bool writing_[kWriteLocks] GUARDED_BY(mutex_) = {};
};

}  // namespace geoclimate::store::postgres
