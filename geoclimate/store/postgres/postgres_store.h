#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/resilience/circuit_breaker.h"
#include "geoclimate/store/observation_store.h"
#include "geoclimate/store/stores.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::store {

struct PostgresPoolOptions {
  // Connections that are kept open. More spare the first requests after a quiet time the 3 ms that
  // a connection takes.
  std::size_t min_size = 2;
  // Over all pods these must stay below the server's max_connections. More than there are threads
  // that use the database is of no use.
  std::size_t max_size = 20;
  // How long a caller waits for a connection, in turn, before kUnavailable; and how long the server
  // may take to accept a new one.
  std::chrono::milliseconds acquire_timeout{5'000};
  // A connection beyond min_size that nobody wanted for so long is closed.
  std::chrono::seconds idle_limit{300};
  // How often idle connections are tried, and those that do not answer replaced.
  std::chrono::seconds health_check_interval{15};
};

struct PostgresQueryOptions {
  // See ConnectionOptions.
  bool prepared_statements = true;
  // Rows that a writer gathers before it takes the write lock and copies them in. More is faster
  // when the order of a file is not that of the keys; a row takes 40 bytes.
  std::size_t bulk_batch_rows = 1 << 17;
  // A statement that takes longer is logged with its plan; zero: none.
  std::chrono::milliseconds slow_after{500};
  // The server ends a statement that takes longer, and nobody waits longer for an answer.
  std::chrono::milliseconds statement_timeout{30'000};
};

// None of these can change while the database is open.
struct PostgresOptions {
  // postgresql://USER:PASSWORD@HOST:PORT/NAME, a secret.
  std::string url;
  PostgresPoolOptions pool;
  PostgresQueryOptions query;
  // How long a write waits for another one, of this process or another, before kUnavailable.
  std::chrono::milliseconds write_wait{60'000};

  base::Result<void> Validate() const;
};

// Each may be null.
struct PostgresSurroundings {
  telemetry::MetricRegistry* metrics = nullptr;
  // Asked before a connection is lent, told of connections that cannot be opened or break: while it
  // is open calls fail at once.
  resilience::CircuitBreaker* breaker = nullptr;
};

// Opens the database that the URL names, which must exist, and makes its tables when they are not
// there or brings them up to date: under a lock, so that any number of processes may start at once.
// `clock` and what is around must outlive the stores. Metrics: database_connections{state},
// database_query_duration_seconds{query}, database_slow_queries_total.
//
// A server that goes away at run time fails the calls that are under way and those after them with
// kUnavailable, within the time that the options allow; when it is back, calls succeed again. A
// commit whose answer was lost has happened or not: repeat it, which changes nothing in the one
// case.
//
// Errors as ObservationStore's; where they speak of a file or a disk, it is the server's. Besides:
// kFailedPrecondition when the database was written by a newer version of the program or does not
// exist; kPermissionDenied when the role may not enter; kInvalidArgument for text that is not UTF-8
// or has a NUL in it, of which PostgreSQL keeps none.
base::Result<Stores> OpenPostgresStores(const PostgresOptions& options, const base::Clock& clock,
                                        const PostgresSurroundings& around = {});

}  // namespace geoclimate::store
