#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::store::postgres {

// Counts what statements take, database_query_duration_seconds{query} by the statement's name, and
// logs those that take long. Thread-safe.
class QueryLog {
 public:
  // `metrics` may be null, and outlives the log otherwise. A statement of `slow_after` or longer is
  // slow; zero: none is.
  QueryLog(telemetry::MetricRegistry* metrics, std::chrono::milliseconds slow_after);

  // True when it was slow, and counts it in database_slow_queries_total.
  bool Observe(std::string_view statement, std::chrono::nanoseconds took);

  // Whether a slow statement's plan is to be asked for: once a minute for each, so that a slow
  // database is not asked for more.
  bool WantsPlan(std::string_view statement) EXCLUDES(mutex_);

  // One warning: the statement's name, never its parameters, how long it took, and the plan in
  // short where there is one.
  static void LogSlow(std::string_view statement, std::chrono::nanoseconds took,
                      std::string_view plan);

 private:
  const std::chrono::nanoseconds slow_after_;
  telemetry::Counter slow_;
  // By statement; not changed after construction.
  std::map<std::string, telemetry::Histogram, std::less<>> durations_;
  base::Mutex mutex_;
  std::map<std::string, base::Instant, std::less<>> planned_ GUARDED_BY(mutex_);
};

// What EXPLAIN gave, a line a node, on one line without costs: "Nested Loop > Function Scan on
// unnest r > Index Scan using ... on observation_versions v".
std::string PlanInShort(std::string_view explained);

}  // namespace geoclimate::store::postgres
