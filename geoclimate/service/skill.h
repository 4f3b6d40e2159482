#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/forecast/scoring.h"
#include "geoclimate/forecast/version_scores.h"
#include "geoclimate/service/watcher.h"
#include "geoclimate/store/issued_forecast_store.h"
#include "geoclimate/store/observation_store.h"
#include "geoclimate/store/skill_store.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::service {

struct SkillOptions {
  // Forecasts for the last so many days count. Longer is steadier and slower to show a change.
  std::chrono::days window{365};
  // How often it is looked whether new observations came. Each judgement reads the whole history:
  // about a second for a million observations, at the lowest priority.
  std::chrono::milliseconds watch_interval = std::chrono::minutes(1);

  base::Result<void> Validate() const;
};

// What was forecast held against what came. Immutable.
struct SkillReport {
  base::LocalDay from;  // valid days
  base::LocalDay to;
  base::Timestamp computed_at;
  // By pollutant and lead time; empty: nothing judged. Forecasts from neighbours alone, of sites
  // whose values came in late, are scored by themselves (forecast::Verification).
  std::vector<forecast::ScoredGroup> groups;
  std::vector<forecast::ScoredGroup> groups_from_neighbours;
  // By version, over all sites and at each.
  std::vector<forecast::VersionScore> versions;
  std::uint64_t unobserved = 0;  // forecasts whose day has no measurement yet
};

// Judges the issued forecasts in the background whenever observations arrive: live verification.
// A provisional value that a final one replaces is another observation: what was forecast is judged
// anew. The scores of versions are stored for whoever reads the database, by the process that has
// seen the newest observations.
//
// Thread-safe. What Start() is given must outlive it.
class Skill {
 public:
  // `kept` may be null: then nothing is stored.
  static base::Result<std::unique_ptr<Skill>> Start(store::ObservationStore& observations,
                                                    store::IssuedForecastStore& forecasts,
                                                    const base::Clock& clock,
                                                    telemetry::MetricRegistry& metrics,
                                                    const SkillOptions& options,
                                                    store::SkillStore* kept = nullptr);

  // The last judgement. kUnavailable before the first.
  base::Result<std::shared_ptr<const SkillReport>> Latest() const EXCLUDES(mutex_);

  // Judges soon; for whoever has just stored observations.
  void Nudge() { watcher_->Nudge(); }
  // Judges now, when the store has changed since the last time; what the background thread does.
  base::Result<void> Refresh() EXCLUDES(refresh_mutex_);

 private:
  Skill(store::ObservationStore& observations, store::IssuedForecastStore& forecasts,
        const base::Clock& clock, telemetry::MetricRegistry& metrics, const SkillOptions& options,
        store::SkillStore* kept)
      : observations_(observations),
        forecasts_(forecasts),
        clock_(clock),
        metrics_(metrics),
        options_(options),
        kept_(kept) {}

  base::Result<SkillReport> Compute();
  void Measure(const SkillReport& report) REQUIRES(refresh_mutex_);
  base::Result<void> Store(const SkillReport& report, std::uint64_t generation);

  store::ObservationStore& observations_;
  store::IssuedForecastStore& forecasts_;
  const base::Clock& clock_;
  telemetry::MetricRegistry& metrics_;
  const SkillOptions options_;
  store::SkillStore* const kept_;

  base::Mutex refresh_mutex_;
  std::optional<std::uint64_t> generation_ GUARDED_BY(refresh_mutex_);
  // Pollutant and horizon of what the metrics show.
  std::set<std::pair<std::string, std::string>> shown_ GUARDED_BY(refresh_mutex_);
  mutable base::Mutex mutex_;
  std::shared_ptr<const SkillReport> latest_ GUARDED_BY(mutex_);

  std::unique_ptr<Watcher> watcher_;  // last: stops before what it uses goes
};

}  // namespace geoclimate::service
