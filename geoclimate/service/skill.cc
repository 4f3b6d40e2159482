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
                                                  const SkillOptions& options,
                                                  store::SkillStore* kept) {
  GC_RETURN_IF_ERROR(options.Validate());
  std::unique_ptr<Skill> skill(new Skill(observations, forecasts, clock, metrics, options, kept));
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
  auto judged = std::make_shared<const SkillReport>(std::move(report));
  {
    const base::MutexLock lock(mutex_);
    latest_ = judged;
  }
  // Until it is stored the next look judges again.
  GC_RETURN_IF_ERROR(Store(*judged, generation));
  generation_ = generation;
  return {};
}

base::Result<void> Skill::Store(const SkillReport& report, std::uint64_t generation) {
  if (kept_ == nullptr) return {};
  std::vector<store::SkillScore> scores;
  scores.reserve(report.versions.size());
  for (const forecast::VersionScore& score : report.versions) {
    scores.push_back({.site = score.site,
                      .pollutant = score.pollutant,
                      .horizon_days = score.horizon_days,
                      .model_id = score.model_id,
                      .rows = score.rows,
                      .rmse = score.rmse,
                      .mae = score.mae,
                      .bias = score.bias,
                      .coverage = score.coverage,
                      .best_baseline = std::string(forecast::BaselineName(score.best)),
                      .skill = score.skill,
                      .skill_over_persistence = score.skill_over_persistence});
  }
  const auto stored = kept_->Replace({.generation = generation,
                                      .from = report.from,
                                      .to = report.to,
                                      .computed_at = report.computed_at},
                                     scores);
  if (!stored.ok()) return stored.error();
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
  report.versions = std::move(verification.versions);
  report.unobserved = verification.unobserved;
  return report;
}

void Skill::Measure(const SkillReport& report) {
  std::set<std::pair<std::string, std::string>> shown;
  for (const forecast::ScoredGroup& group : report.groups) {
    if (!std::isfinite(group.score().skill)) continue;
    const std::string pollutant(airquality::Name(group.pollutant));
    const std::string horizon = fmt::format("{}", group.horizon_days);
    metrics_
        .AddGauge("forecast_skill",
                  "1 - MSE of the issued forecasts / MSE of the best baseline, last year",
                  {{"pollutant", pollutant}, {"horizon", horizon}})
        .Set(group.score().skill);
    shown.emplace(pollutant, horizon);
  }
  // What cannot be said any more is not left standing as it was.
  for (const auto& [pollutant, horizon] : shown_) {
    if (!shown.contains({pollutant, horizon})) {
      metrics_.Remove({{"pollutant", pollutant}, {"horizon", horizon}});
    }
  }
  shown_ = std::move(shown);
}

}  // namespace geoclimate::service
