#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/deadline.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/postgres/query_log.h"
#include "geoclimate/store/postgres/rows.h"
#include "geoclimate/store/postgres/statement.h"
#include "geoclimate/store/postgres/target.h"

namespace geoclimate::store::postgres {

struct ConnectionOptions {
  // The server ends a statement that takes longer; zero: none.
  std::chrono::milliseconds statement_timeout{30'000};
  // A statement is prepared once a connection and then named. Off for a pooler before the server
  // that gives each transaction another connection.
  bool prepared_statements = true;
};

// A connection to the server. Never waits for a server that does not answer: after the statement
// timeout and kGrace more the connection is broken. Not thread-safe.
class Connection {
 public:
  static constexpr std::chrono::milliseconds kGrace{2'000};

  // `target` and `log` outlive it; `log` may be null.
  static base::Result<std::unique_ptr<Connection>> Open(const Target& target,
                                                        const ConnectionOptions& options,
                                                        QueryLog* log, base::Deadline deadline);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs the statements in one round trip, in order; gives the rows of each. The first that fails
  // keeps those behind it from running, and its error is given. Outside a transaction they are one.
  // `patience`: how much longer than the statement timeout an answer may take.
  base::Result<std::vector<Rows>> Run(std::vector<Call> calls,
                                      std::chrono::milliseconds patience = {});
  // The rows of one.
  base::Result<Rows> RunOne(Call call);

  // The same in two steps: what is done between them is done while the server works. Nothing else
  // may be called before Receive().
  base::Result<void> Send(std::vector<Call> calls);
  base::Result<std::vector<Rows>> Receive(std::chrono::milliseconds patience = {}) {
    return ReceiveBy(AnswerBy(patience));
  }

  // Any number of statements of SQL, without parameters, as one transaction.
  base::Result<void> Execute(const std::string& sql, std::string_view name);

  // Runs a COPY ... FROM STDIN. `fill` appends the next bytes, some 64 kB, and gives false after
  // the last.
  base::Result<void> CopyIn(std::string_view statement,
                            const std::function<bool(std::string&)>& fill);

  // Cannot be used any more.
  bool broken() const { return broken_ || PQstatus(connection_.get()) != CONNECTION_OK; }
  // Looks, without waiting, whether the server has gone; for a connection that lay idle.
  bool LooksAlive();
  // Whether the server answers, within kGrace; the connection is broken where it does not.
  bool Ping();
  bool idle() const {
    return !broken() && pending_.empty() && PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
  }
  const std::string& name() const { return target_.name(); }
  const ConnectionOptions& options() const { return options_; }
  // The server's process, for a test that ends it.
  int backend() const { return PQbackendPID(connection_.get()); }

  // Logs the slow statements since the last call, and asks for the plan of one. Outside a
  // transaction only.
  void LogSlowQueries();

 private:
  struct ConnectionDeleter {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  struct SlowCall {
    Call call;
    std::chrono::nanoseconds took;
  };

  Connection(const Target& target, const ConnectionOptions& options, QueryLog* log)
      : target_(target), options_(options), log_(log) {}

  base::Result<void> Connect(base::Deadline deadline);
  base::Result<std::vector<Rows>> ReceiveBy(base::Deadline deadline);
  base::Result<void> SetUp();
  base::Deadline AnswerBy(std::chrono::milliseconds patience) const;
  // Waits until the socket is ready for one of poll(2)'s events.
  base::Result<short> Wait(short events, base::Deadline deadline);
  base::Result<void> Flush(base::Deadline deadline);
  // Null at the end of a statement's results.
  base::Result<OwnedResult> NextResult(base::Deadline deadline);
  bool SendCall(const Call& call);
  base::Result<Rows> ReceiveCall(const Call& call, base::Deadline deadline);
  base::Result<void> EndPipeline(base::Deadline deadline);
  // Takes results up to the end of a command that was sent alone.
  base::Result<void> Drain(std::string_view statement, base::Deadline deadline);
  base::Result<void> PutCopyBytes(const std::string& bytes, base::Deadline deadline);
  base::Error Broken(std::string_view what);
  base::Error ErrorOf(std::string_view statement, const PGresult* result);
  void Observe(const Call& call);

  const Target& target_;
  const ConnectionOptions options_;
  QueryLog* const log_;
  std::unique_ptr<PGconn, ConnectionDeleter> connection_;
  bool broken_ = false;
  std::set<std::string, std::less<>> prepared_;
  // Between Send() and Receive().
  std::vector<Call> pending_;
  std::vector<char> preparing_;  // by pending_: whether it is prepared in the same pipeline
  bool pipelined_ = false;
  base::Instant since_;  // when the statement at hand began
  std::vector<SlowCall> slow_;
};

}  // namespace geoclimate::store::postgres
