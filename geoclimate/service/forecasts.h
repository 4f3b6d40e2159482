#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/forecast/forecast_table.h"
#include "geoclimate/forecast/table_store.h"
#include "geoclimate/service/watcher.h"
#include "geoclimate/store/observation_store.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::service {

struct ForecastsOptions {
  // The only "today": with it a table as of that day is current for ever, and no other is. Without
  // it the wall clock decides, and a table is current until its last day is over.
  std::optional<base::LocalDay> as_of;
  // How often the table store is asked for a new table.
  std::chrono::milliseconds watch_interval{2000};
  // A place farther from every site than this has no forecast. Larger covers more of the map with
  // values that say less of the place.
  double max_distance_km = 100;

  base::Result<void> Validate() const;
};

using SharedTable = std::shared_ptr<const forecast::ForecastTable>;

// What the database last said of itself.
struct DatabaseReading {
  std::optional<base::LocalDay> newest_day;  // of any observation
  std::optional<base::Error> failure;        // of the last look
  std::chrono::seconds since_answer{0};      // since a look was answered; a look may still wait
};

// The forecast table that this process serves. A background thread follows the table store and
// swaps in what a writer published; the store lost, the loaded table stays. It asks the database
// for its newest day too; of the two neither waits for the other to be well.
//
// Thread-safe. What Start() is given must outlive it. Nothing but Refresh() waits for the stores.
class Forecasts {
 public:
  // Loads the current table, if there is one, before it returns. Fails only on options.
  static base::Result<std::unique_ptr<Forecasts>> Start(const forecast::TableStore& tables,
                                                        store::ObservationStore& observations,
                                                        const base::Clock& clock,
                                                        telemetry::MetricRegistry& metrics,
                                                        const ForecastsOptions& options);

  // Calls `on_table` for the table that is there now, if any, and then for each new one from the
  // background thread. The subscriber must outlive this object.
  void Subscribe(std::function<void(const SharedTable&)> on_table) EXCLUDES(mutex_);

  // The table at `now`. Without a current one:
  //   kUnavailable   it is being computed, or the table store could not be read yet
  //   kNotFound      there is none; the message says how old the newest observation is
  base::Result<SharedTable> Current(base::Timestamp now) const EXCLUDES(mutex_);
  // The error of Current() when there is no table.
  base::Error WhyNone(base::Timestamp now) const EXCLUDES(mutex_);
  // Until when a table may be served.
  base::Timestamp CurrentUntil(const forecast::ForecastTable& table) const;

  // Time since the table store last confirmed that the table is the current one: an answer's Age.
  std::chrono::seconds SinceConfirmed() const;

  DatabaseReading Database() const EXCLUDES(mutex_);

  // The day that counts as today's last complete one: as_of, or by the wall clock in UTC.
  base::LocalDay AsOf(base::Timestamp now) const;
  // The moment whose air counts as current at a place: `now`, or the end of the only "today" where
  // one is set.
  base::Timestamp CurrentMoment(std::chrono::minutes utc_offset, base::Timestamp now) const;
  const ForecastsOptions& options() const { return options_; }

  // What the one who computes tables in this process is at; `failure` is why the last one came to
  // nothing.
  enum class Computing : std::uint8_t { kNo, kYes };
  void ReportComputing(Computing computing, std::optional<base::Error> failure) EXCLUDES(mutex_);

  // Asks the database and the table store now; what the background thread does.
  void Refresh() EXCLUDES(refresh_mutex_, mutex_);

 private:
  Forecasts(const forecast::TableStore& tables, store::ObservationStore& observations,
            const base::Clock& clock, const ForecastsOptions& options);

  void AskDatabase() REQUIRES(refresh_mutex_) EXCLUDES(mutex_);
  base::Result<void> Follow() REQUIRES(refresh_mutex_) EXCLUDES(mutex_);

  const forecast::TableStore& tables_;
  store::ObservationStore& observations_;
  const base::Clock& clock_;
  const ForecastsOptions options_;
  std::atomic<base::Instant> confirmed_at_;

  base::Mutex refresh_mutex_;  // one Refresh() at a time
  mutable base::Mutex mutex_;  // never held while a store is asked
  SharedTable table_ GUARDED_BY(mutex_);
  base::Timestamp current_until_ GUARDED_BY(mutex_);
  std::optional<base::LocalDay> newest_day_ GUARDED_BY(mutex_);
  std::optional<base::Error> database_failure_ GUARDED_BY(mutex_);  // of the last look
  base::Instant database_answered_at_ GUARDED_BY(mutex_);
  std::optional<base::Error> failure_ GUARDED_BY(mutex_);  // of the last look for a table
  Computing computing_ GUARDED_BY(mutex_) = Computing::kNo;
  std::optional<base::Error> not_computed_ GUARDED_BY(mutex_);
  std::vector<std::function<void(const SharedTable&)>> subscribers_ GUARDED_BY(mutex_);

  std::unique_ptr<Watcher> watcher_;  // last: stops before what it uses goes
};

}  // namespace geoclimate::service
