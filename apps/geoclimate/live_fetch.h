#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "apps/geoclimate/settings.h"
#include "apps/geoclimate/source_service.h"
#include "geoclimate/access/audit_log.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/blob_store.h"
#include "geoclimate/fetch/source_fetch.h"
#include "geoclimate/ingest/source_description.h"
#include "geoclimate/resilience/breaker_panel.h"
#include "geoclimate/service/watcher.h"
#include "geoclimate/store/observation_store.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::app {

// What fetching by itself works on; all that is referred to outlives it.
struct LiveFetchParts {
  Settings settings;  // read again at each run
  store::ObservationStore& store;
  blob::BlobStore& blobs;
  const base::Clock& clock;
  telemetry::MetricRegistry& metrics;
  resilience::BreakerPanel& breakers;  // each source gets one, sources.NAME
  access::AuditLog& audit;
  std::function<void()> on_stored;  // after a run that changed something
};

// The sources that the settings enable, fetched again and again in the background, each by a thread
// of its own. Of several processes on one storage one fetches: whoever comes when every_minutes
// have passed since any of them did, the verb included, and gets the source's turn. Times are
// spread at random by a tenth of the interval, half a minute at most.
//
// Metrics: source_fetches_total{source,outcome=fetched|failed|elsewhere},
// source_last_fetched_timestamp_seconds{source}.
//
// The destructor ends a request that is under way within about a second; what came before it is
// kept.
class LiveFetch {
 public:
  // Null when no source is enabled. An enabled source without a key or a box is an error that names
  // the setting.
  static base::Result<std::unique_ptr<LiveFetch>> Start(const LiveFetchParts& parts);
  ~LiveFetch();

 private:
  struct Source {
    std::string_view name;
    std::chrono::seconds every{0};
    std::unique_ptr<SourceWatch> watch;
    base::Timestamp next_due;  // of the source's thread
    telemetry::Counter fetched;
    telemetry::Counter failed;
    telemetry::Counter elsewhere;
    telemetry::Gauge last;
    std::unique_ptr<service::Watcher> watcher;
  };

  explicit LiveFetch(const LiveFetchParts& parts) : parts_(parts) {}
  base::Result<void> Add(std::string_view name, std::chrono::minutes every);
  void Look(Source& source);
  // How long until the source is looked at next.
  std::chrono::seconds Fetch(Source& source);
  std::chrono::seconds Run(Source& source);
  void NoteStored(const Source& source, const fetch::FetchReport& report) const;
  std::chrono::seconds Spread(const Source& source) EXCLUDES(mutex_);

  const LiveFetchParts parts_;
  std::vector<ingest::SourceDescription> descriptions_;
  base::Mutex mutex_;
  std::minstd_rand random_ GUARDED_BY(mutex_){std::random_device()()};
  std::stop_source stop_;
  std::vector<std::unique_ptr<Source>> sources_;
};

}  // namespace geoclimate::app
