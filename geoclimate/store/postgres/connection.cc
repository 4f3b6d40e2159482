#include "geoclimate/store/postgres/connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/store/postgres/postgres_error.h"

namespace geoclimate::store::postgres {
namespace {

using base::Deadline;
using base::Result;
using std::chrono::milliseconds;

constexpr int kBinary = 1;
constexpr std::size_t kMaxSlow = 8;

Deadline In(milliseconds wait) {
  return Deadline::At(std::chrono::steady_clock::now() + wait);
}

// What poll(2) may wait, rounded up; negative: for ever.
int WaitMilliseconds(Deadline deadline) {
  if (deadline.at() == base::Instant::max()) return -1;
  const auto left =
      std::chrono::ceil<milliseconds>(deadline.at() - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

std::string_view StateOf(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return state == nullptr ? std::string_view() : std::string_view(state);
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::Open(const Target& target,
                                                     const ConnectionOptions& options,
                                                     QueryLog* log, Deadline deadline) {
  std::unique_ptr<Connection> connection(new Connection(target, options, log));
  GC_RETURN_IF_ERROR(connection->Connect(deadline));
  GC_RETURN_IF_ERROR(connection->SetUp());
  return connection;
}

Connection::~Connection() = default;

Result<void> Connection::Connect(Deadline deadline) {
  connection_.reset(PQconnectStartParams(target_.Keywords().data(), target_.Values().data(), 0));
  if (connection_ == nullptr) return base::Internal("out of memory for a connection");
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  while (PQstatus(connection_.get()) != CONNECTION_BAD) {
    GC_ASSIGN_OR_RETURN(const short ready,
                        Wait(status == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline));
    static_cast<void>(ready);
    status = PQconnectPoll(connection_.get());
    if (status == PGRES_POLLING_OK) return {};
    if (status == PGRES_POLLING_FAILED) break;
  }
  broken_ = true;
  const std::string message = PQerrorMessage(connection_.get());
  // libpq keeps no SQLSTATE of a refusal: that of a role or a database is told by its text.
  const bool refused = message.find("authentication failed") != std::string::npos ||
                       message.find("no pg_hba.conf entry") != std::string::npos;
  const bool missing = message.find("does not exist") != std::string::npos;
  return MakeError(name(), "connect", refused ? "28000" : missing ? "3D000" : "", message);
}

Result<void> Connection::SetUp() {
  PQsetnonblocking(connection_.get(), 1);
  // An acknowledged commit is on the disk, whatever the server's default; short statements gain
  // nothing from being compiled.
  return Execute(fmt::format("SET TimeZone = 'UTC'; SET jit = off; SET client_min_messages = "
                             "warning; SET statement_timeout = {};"
                             "SELECT set_config('synchronous_commit', 'on', false)"
                             " WHERE current_setting('synchronous_commit') = 'off'",
                             options_.statement_timeout.count()),
                 "set_up");
}

Deadline Connection::AnswerBy(milliseconds patience) const {
  if (options_.statement_timeout == milliseconds::zero()) return Deadline::Never();
  return In(options_.statement_timeout + kGrace + patience);
}

Result<short> Connection::Wait(short events, Deadline deadline) {
  pollfd socket{.fd = PQsocket(connection_.get()), .events = events, .revents = 0};
  while (true) {
    const int ready = ::poll(&socket, 1, WaitMilliseconds(deadline));
    if (ready > 0) return socket.revents;
    if (ready < 0 && errno == EINTR) continue;
    return Broken("the server does not answer");
  }
}

Result<void> Connection::Flush(Deadline deadline) {
  while (true) {
    const int left = PQflush(connection_.get());
    if (left == 0) return {};
    if (left < 0) return Broken(PQerrorMessage(connection_.get()));
    GC_ASSIGN_OR_RETURN(const short ready, Wait(POLLIN | POLLOUT, deadline));
    // The server may have to be read before it goes on reading.
    if ((ready & POLLIN) != 0 && PQconsumeInput(connection_.get()) == 0) {
      return Broken(PQerrorMessage(connection_.get()));
    }
  }
}

Result<OwnedResult> Connection::NextResult(Deadline deadline) {
  while (PQisBusy(connection_.get()) != 0) {
    GC_ASSIGN_OR_RETURN(const short ready, Wait(POLLIN, deadline));
    static_cast<void>(ready);
    if (PQconsumeInput(connection_.get()) == 0) return Broken(PQerrorMessage(connection_.get()));
  }
  return OwnedResult(PQgetResult(connection_.get()));
}

bool Connection::SendCall(const Call& call) {
  const Parameters& parameters = call.parameters;
  const std::vector<const char*> values = parameters.Values();
  const std::vector<int> formats(values.size(), kBinary);
  if (!options_.prepared_statements) {
    return PQsendQueryParams(connection_.get(), TextOf(call.statement).c_str(), parameters.size(),
                             parameters.types().data(), values.data(), parameters.lengths().data(),
                             formats.data(), kBinary) == 1;
  }
  return PQsendQueryPrepared(connection_.get(), std::string(call.statement).c_str(),
                             parameters.size(), values.data(), parameters.lengths().data(),
                             formats.data(), kBinary) == 1;
}

Result<void> Connection::Send(std::vector<Call> calls) {
  GC_CHECK(pending_.empty(), "one Send() after another's Receive()");
  if (broken()) return Broken("the connection broke");
  std::set<std::string_view> in_this;
  preparing_.clear();
  for (const Call& call : calls) {
    const bool prepare = options_.prepared_statements && !prepared_.contains(call.statement) &&
                         in_this.insert(call.statement).second;
    preparing_.push_back(prepare ? 1 : 0);
  }
  pipelined_ = calls.size() > 1 || std::ranges::count(preparing_, 1) > 0;
  pending_ = std::move(calls);
  since_ = std::chrono::steady_clock::now();
  bool sent = !pipelined_ || PQenterPipelineMode(connection_.get()) == 1;
  for (std::size_t i = 0; sent && i < pending_.size(); ++i) {
    const Call& call = pending_[i];
    if (preparing_[i] != 0) {
      sent = PQsendPrepare(connection_.get(), std::string(call.statement).c_str(),
                           TextOf(call.statement).c_str(), call.parameters.size(),
                           call.parameters.types().data()) == 1;
    }
    sent = sent && SendCall(call);
  }
  if (sent && pipelined_) sent = PQpipelineSync(connection_.get()) == 1;
  if (!sent) return Broken(PQerrorMessage(connection_.get()));
  return Flush(AnswerBy({}));
}

Result<Rows> Connection::ReceiveCall(const Call& call, Deadline deadline) {
  GC_ASSIGN_OR_RETURN(OwnedResult result, NextResult(deadline));
  if (result == nullptr) return Broken("an answer is missing");
  const ExecStatusType status = PQresultStatus(result.get());
  // The end of this statement's results.
  GC_ASSIGN_OR_RETURN(const OwnedResult end, NextResult(deadline));
  if (end != nullptr) return Broken("one answer too many");
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return Rows(std::move(result));
  if (status == PGRES_PIPELINE_ABORTED) {
    return base::Internal(
        fmt::format("{}: {}: not run, one before it failed", name(), call.statement));
  }
  return ErrorOf(call.statement, result.get());
}

Result<void> Connection::EndPipeline(Deadline deadline) {
  GC_ASSIGN_OR_RETURN(const OwnedResult sync, NextResult(deadline));
  if (PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC ||
      PQexitPipelineMode(connection_.get()) != 1) {
    return Broken("the pipeline did not end");
  }
  return {};
}

Result<std::vector<Rows>> Connection::ReceiveBy(Deadline deadline) {
  if (broken()) return Broken("the connection broke");
  std::vector<Rows> rows;
  rows.reserve(pending_.size());
  std::optional<base::Error> error;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const Call& call = pending_[i];
    if (preparing_[i] != 0) {
      const Result<Rows> prepared = ReceiveCall(call, deadline);
      if (broken_) return prepared.error();
      if (prepared.ok()) {
        prepared_.emplace(call.statement);
      } else if (!error) {
        error = prepared.error();
      }
    }
    Result<Rows> answer = ReceiveCall(call, deadline);
    if (broken_) return answer.ok() ? Broken("the connection broke") : answer.error();
    if (answer.ok()) {
      Observe(call);
      rows.push_back(*std::move(answer));
    } else if (!error) {
      error = answer.error();
    }
  }
  if (pipelined_) GC_RETURN_IF_ERROR(EndPipeline(deadline));
  pending_.clear();
  if (error) return *error;
  return rows;
}

Result<std::vector<Rows>> Connection::Run(std::vector<Call> calls, milliseconds patience) {
  GC_RETURN_IF_ERROR(Send(std::move(calls)));
  return Receive(patience);
}

Result<Rows> Connection::RunOne(Call call) {
  std::vector<Call> calls;
  calls.push_back(std::move(call));
  GC_ASSIGN_OR_RETURN(std::vector<Rows> rows, Run(std::move(calls)));
  return std::move(rows.front());
}

Result<void> Connection::Drain(std::string_view statement, Deadline deadline) {
  std::optional<base::Error> error;
  while (true) {
    GC_ASSIGN_OR_RETURN(const OwnedResult result, NextResult(deadline));
    if (result == nullptr) break;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !error) {
      error = ErrorOf(statement, result.get());
    }
  }
  if (error) return *error;
  return {};
}

Result<void> Connection::Execute(const std::string& sql, std::string_view what) {
  const Deadline deadline = AnswerBy({});
  if (PQsendQuery(connection_.get(), sql.c_str()) != 1) {
    return Broken(PQerrorMessage(connection_.get()));
  }
  GC_RETURN_IF_ERROR(Flush(deadline));
  return Drain(what, deadline);
}

Result<void> Connection::PutCopyBytes(const std::string& bytes, Deadline deadline) {
  while (true) {
    const int put = PQputCopyData(connection_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (put == 1) return {};
    if (put < 0) return Broken(PQerrorMessage(connection_.get()));
    GC_RETURN_IF_ERROR(Flush(deadline));
  }
}

Result<void> Connection::CopyIn(std::string_view statement,
                                const std::function<bool(std::string&)>& fill) {
  if (broken()) return Broken("the connection broke");
  since_ = std::chrono::steady_clock::now();
  if (PQsendQuery(connection_.get(), TextOf(statement).c_str()) != 1) {
    return Broken(PQerrorMessage(connection_.get()));
  }
  GC_RETURN_IF_ERROR(Flush(AnswerBy({})));
  GC_ASSIGN_OR_RETURN(const OwnedResult ready, NextResult(AnswerBy({})));
  if (PQresultStatus(ready.get()) != PGRES_COPY_IN) {
    const base::Error error = ErrorOf(statement, ready.get());
    static_cast<void>(Drain(statement, AnswerBy({})));
    return error;
  }
  std::string bytes;
  for (bool more = true; more;) {
    bytes.clear();
    more = fill(bytes);
    GC_RETURN_IF_ERROR(PutCopyBytes(bytes, AnswerBy({})));
    // What the server has not taken would pile up in libpq's buffer.
    GC_RETURN_IF_ERROR(Flush(AnswerBy({})));
  }
  if (PQputCopyEnd(connection_.get(), nullptr) < 0) {
    return Broken(PQerrorMessage(connection_.get()));
  }
  GC_RETURN_IF_ERROR(Flush(AnswerBy({})));
  GC_RETURN_IF_ERROR(Drain(statement, AnswerBy({})));
  Observe({statement, {}});
  return {};
}

bool Connection::LooksAlive() {
  if (broken()) return false;
  pollfd socket{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
  // Something to read without a question is a farewell. What else it might be, news of a setting,
  // is rare and no reason to look closer.
  return ::poll(&socket, 1, 0) == 0;
}

bool Connection::Ping() {
  std::vector<Call> calls;
  calls.push_back({"ping", {}});
  return Send(std::move(calls)).ok() && ReceiveBy(In(kGrace)).ok();
}

base::Error Connection::Broken(std::string_view what) {
  broken_ = true;
  pending_.clear();
  return MakeError(name(), "connection", "", what);
}

base::Error Connection::ErrorOf(std::string_view statement, const PGresult* result) {
  const std::string_view state = StateOf(result);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (primary == nullptr) return Broken(PQerrorMessage(connection_.get()));
  // The server ends the connection with these; and statements that were prepared before a
  // migration, or on another connection of a pooler, are of no more use.
  if (state.starts_with("57P") || state == "0A000" || state == "26000" || state == "25P03") {
    broken_ = true;
  }
  return MakeError(name(), statement, state, primary);
}

void Connection::Observe(const Call& call) {
  const base::Instant now = std::chrono::steady_clock::now();
  const auto took = now - since_;
  since_ = now;
  if (log_ != nullptr && log_->Observe(call.statement, took) && slow_.size() < kMaxSlow) {
    slow_.push_back({call, took});
  }
}

void Connection::LogSlowQueries() {
  bool asked = false;
  for (const SlowCall& slow : std::exchange(slow_, {})) {
    std::string plan;
    if (!asked && idle() && TextOf(slow.call.statement).find("$1") != std::string::npos &&
        log_->WantsPlan(slow.call.statement)) {
      asked = true;
      const Parameters& parameters = slow.call.parameters;
      const std::vector<const char*> values = parameters.Values();
      const std::vector<int> formats(values.size(), kBinary);
      const std::string sql = "EXPLAIN " + TextOf(slow.call.statement);
      if (PQsendQueryParams(connection_.get(), sql.c_str(), parameters.size(),
                            parameters.types().data(), values.data(), parameters.lengths().data(),
                            formats.data(), 0) == 1 &&
          Flush(AnswerBy({})).ok()) {
        Result<OwnedResult> lines = NextResult(AnswerBy({}));
        for (int i = 0; lines.ok() && i < PQntuples(lines->get()); ++i) {
          plan += std::string(PQgetvalue(lines->get(), i, 0)) + "\n";
        }
        if (lines.ok()) static_cast<void>(Drain("explain", AnswerBy({})));
      }
    }
    QueryLog::LogSlow(slow.call.statement, slow.took, PlanInShort(plan));
  }
}

}  // namespace geoclimate::store::postgres
