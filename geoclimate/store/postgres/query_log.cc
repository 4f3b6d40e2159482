#include "geoclimate/store/postgres/query_log.h"

#include <fmt/format.h>

#include "geoclimate/base/log.h"
#include "geoclimate/store/postgres/embedded_sql.h"

namespace geoclimate::store::postgres {
namespace {

constexpr std::chrono::minutes kPlanEvery{1};
constexpr std::size_t kMaxPlan = 400;

double Seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

QueryLog::QueryLog(telemetry::MetricRegistry* metrics, std::chrono::milliseconds slow_after)
    : slow_after_(slow_after) {
  if (metrics == nullptr) return;
  slow_ = metrics->AddCounter("database_slow_queries_total",
                              "Statements that took database.query.slow_query_ms or longer");
  for (const SqlFile& query : Queries()) {
    durations_.emplace(
        query.name, metrics->AddHistogram("database_query_duration_seconds",
                                          "From sending a statement to its last row",
                                          telemetry::DurationBuckets(), {{"query", query.name}}));
  }
}

bool QueryLog::Observe(std::string_view statement, std::chrono::nanoseconds took) {
  if (const auto found = durations_.find(statement); found != durations_.end()) {
    found->second.Observe(Seconds(took));
  }
  if (slow_after_ == std::chrono::nanoseconds::zero() || took < slow_after_) return false;
  slow_.Add();
  return true;
}

bool QueryLog::WantsPlan(std::string_view statement) {
  const base::Instant now = std::chrono::steady_clock::now();
  const base::MutexLock lock(mutex_);
  const auto [known, inserted] = planned_.try_emplace(std::string(statement), now);
  if (inserted) return true;
  if (now - known->second < kPlanEvery) return false;
  known->second = now;
  return true;
}

void QueryLog::LogSlow(std::string_view statement, std::chrono::nanoseconds took,
                       std::string_view plan) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  base::Log(base::LogLevel::kWarning, "store", "slow query",
            {{"statement", std::string(statement)},
             {"duration_ms", fmt::format("{}", milliseconds)},
             {"plan", std::string(plan)}});
}

std::string PlanInShort(std::string_view explained) {
  std::string plan;
  while (!explained.empty()) {
    const std::string_view line = explained.substr(0, explained.find('\n'));
    explained.remove_prefix(std::min(explained.size(), line.size() + 1));
    // A node's line has its cost; what stands below it are its conditions.
    const std::size_t cost = line.find("  (cost=");
    if (cost == std::string_view::npos) continue;
    std::string_view node = line.substr(0, cost);
    node.remove_prefix(std::min(node.size(), node.find_first_not_of(" ->")));
    if (!plan.empty()) plan += " > ";
    plan += node;
    if (plan.size() > kMaxPlan) return plan.substr(0, kMaxPlan) + "...";
  }
  return plan;
}

}  // namespace geoclimate::store::postgres
