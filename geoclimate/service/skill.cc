#include "geoclimate/service/skill.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/log.h"
#include "geoclimate/forecast/history_loader.h"
#include "geoclimate/forecast/verification.h"

namespace geoclimate::service {

base::Result<void> SkillOptions::Validate() const {
  if (window < std::chrono::days(1)) return base::InvalidArgument("window must be at least a day");
  if (watch_interval < std::chrono::milliseconds(1)) {
    return base::InvalidArgument("watch_interval must be at least 1 ms");
  }
  return {};
}

base::Result<std::unique_ptr<Skill>> Skill::Start(store::ObservationStore& observations,
                                                  store::IssuedForecastStore& forecasts,
                                                  const base::Clock& clock,
                                                  telemetry::MetricRegistry& metrics,
                                                  const SkillOptions& options) {
  GC_RETURN_IF_ERROR(options.Validate());
  std::unique_ptr<Skill> skill(new Skill(observations, forecasts, clock, metrics, options));
  Skill* raw = skill.get();
  skill->watcher_ = std::make_unique<Watcher>(options.watch_interval, [raw] {
    if (const auto refreshed = raw->Refresh(); !refreshed.ok()) {
      base::Log(base::LogLevel::kWarning, "service", "cannot judge the issued forecasts",
                {{"error", refreshed.error().ToString()}});
    }
  });
  skill->Nudge();
  return skill;
}

base::Result<std::shared_ptr<const SkillReport>> Skill::Latest() const {
  const base::MutexLock lock(mutex_);
  if (latest_ == nullptr) {
    return base::Unavailable("the issued forecasts are being judged: ask again in some seconds");
  }
  return latest_;
}

base::Result<void> Skill::Refresh() {
  const base::MutexLock refresh_lock(refresh_mutex_);
  GC_ASSIGN_OR_RETURN(const std::uint64_t generation, observations_.Generation());
  if (generation_ == generation) return {};
  GC_ASSIGN_OR_RETURN(SkillReport report, Compute());
  Measure(report);
  generation_ = generation;
  const base::MutexLock lock(mutex_);
  latest_ = std::make_shared<const SkillReport>(std::move(report));
  return {};
}

base::Result<SkillReport> Skill::Compute() {
  SkillReport report;
  report.computed_at = clock_.Now();
  GC_ASSIGN_OR_RETURN(const std::optional<base::LocalDay> newest, observations_.NewestDay());
  report.to = newest.value_or(base::DayOf(report.computed_at, std::chrono::minutes(0)));
  report.from = report.to - options_.window + std::chrono::days(1);
  GC_ASSIGN_OR_RETURN(forecast::Verification verification,
                      forecast::VerifyIssued(
                          forecasts_,
                          [&] {
                            return forecast::LoadSiteHistory(
                                observations_, {.as_of = report.to, .from = {}, .pollutants = {}});
                          },
                          {report.from, report.to}));
  report.groups = std::move(verification.groups);
  report.groups_from_neighbours = std::move(verification.groups_from_neighbours);
  report.unobserved = verification.unobserved;
  return report;
}

void Skill::Measure(const SkillReport& report) {
  for (const forecast::ScoredGroup& group : report.groups) {
    if (!std::isfinite(group.score().skill)) continue;
    metrics_
        .AddGauge("forecast_skill",
                  "1 - MSE of the issued forecasts / MSE of the best baseline, last year",
                  {{"pollutant", airquality::Name(group.pollutant)},
                   {"horizon", fmt::format("{}", group.horizon_days)}})
        .Set(group.score().skill);
  }
}

}  // namespace geoclimate::service
