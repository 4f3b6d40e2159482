#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "geoclimate/access/audit_log.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/forecast/issue_cycle.h"
#include "geoclimate/forecast/publish_issue.h"
#include "geoclimate/forecast/table_store.h"
#include "geoclimate/service/forecasts.h"
#include "geoclimate/service/models.h"
#include "geoclimate/service/watcher.h"
#include "geoclimate/service/weather_files.h"
#include "geoclimate/store/issued_forecast_store.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::service {

struct IssuerOptions {
  // How often it is looked whether the observations, the models or the day have changed since the
  // current table was computed.
  std::chrono::milliseconds every = std::chrono::minutes(60);
  int threads = 1;
  std::string holder = "serve";  // who holds the lease, for people
  // Told of tables that became current; null: nobody is. Outlives the issuer.
  access::AuditLog* audit = nullptr;

  base::Result<void> Validate() const;
};

// Which of the served models forecast what: the production version of forecast::ModelName(), and as
// its fallback the version with the alias "fallback".
forecast::IssueModels ChooseIssueModels(const ServedModels& served);

// Computes the forecast table inside the server: the embedded default, where no other process does.
// The lease of the table store keeps several servers on one data directory from doing it twice.
//
// Thread-safe. What Start() is given must outlive it.
class Issuer {
 public:
  // The first look is at once, in the background. `weather` may be null; its files are looked at
  // again before each issue.
  static base::Result<std::unique_ptr<Issuer>> Start(
      store::ObservationStore& observations, store::IssuedForecastStore& issued,
      forecast::TableStore& tables, const Models& models, Forecasts& forecasts,
      const base::Clock& clock, const IssuerOptions& options,
      std::unique_ptr<WeatherFiles> weather = nullptr);

  // Looks soon: new observations, another model.
  void Nudge() { watcher_->Nudge(); }
  // Computes and publishes a table if the current one is not of today's as_of, or was made from
  // other observations, models or weather; what the background thread does. kFailedPrecondition
  // when the observations are too old to forecast from, kAborted while somebody else holds the
  // lease.
  base::Result<void> IssueIfNeeded() EXCLUDES(mutex_);

 private:
  Issuer(store::ObservationStore& observations, store::IssuedForecastStore& issued,
         forecast::TableStore& tables, const Models& models, Forecasts& forecasts,
         const base::Clock& clock, const IssuerOptions& options,
         std::unique_ptr<WeatherFiles> weather);

  // What a table is computed from.
  struct Basis {
    base::LocalDay as_of;
    std::uint64_t observations = 0;
    ServedModels::Generations models;
    std::uint64_t weather = 0;
    friend bool operator==(const Basis&, const Basis&) = default;
  };
  base::Result<Basis> CurrentBasis() REQUIRES(mutex_);
  base::Result<bool> IsCurrent(const Basis& basis) const REQUIRES(mutex_);
  base::Result<void> Issue(const Basis& basis) REQUIRES(mutex_);
  void NoteIssue(const forecast::PublishedIssue& published) const;

  store::ObservationStore& observations_;
  store::IssuedForecastStore& issued_;
  forecast::TableStore& tables_;
  const Models& models_;
  Forecasts& forecasts_;
  const base::Clock& clock_;
  const IssuerOptions options_;

  base::Mutex mutex_;
  const std::unique_ptr<WeatherFiles> weather_ GUARDED_BY(mutex_);
  std::optional<Basis> last_ GUARDED_BY(mutex_);  // of the last table computed or found here

  std::unique_ptr<Watcher> watcher_;  // last: stops before what it uses goes
};

}  // namespace geoclimate::service
