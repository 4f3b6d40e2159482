#pragma once

#include <optional>
#include <string>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/error.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/blob_store.h"
#include "geoclimate/fetch/fetch_box.h"
#include "geoclimate/fetch/source_client.h"
#include "geoclimate/fetch/span_walk.h"
#include "geoclimate/fetch/value_keeper.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::fetch {

// What every fetch works with. All must outlive it.
struct FetchTools {
  SourceClient& client;
  store::ObservationStore& store;
  blob::BlobStore& blobs;
  const base::Clock& clock;
};

// What a run came to: after a failure the report tells what was stored before it, and the next run
// goes on from there.
struct FetchOutcome {
  FetchReport report;
  std::optional<base::Error> failure;
};

// One service. Run() fetches what is new, or `span`; running it again, or after it was killed at
// any moment, ends with the same values in the store. Not thread-safe, and one process at a time
// for each source: two would ask for the same things.
class SourceFetch {
 public:
  virtual ~SourceFetch() = default;
  FetchOutcome Run(const std::optional<Span>& span);

 protected:
  explicit SourceFetch(const FetchTools& tools) : tools_(tools) {}
  const FetchTools& tools() const { return tools_; }

 private:
  // Fetches all of it. What it stored stands in `report`, also when it fails.
  virtual base::Result<void> RunAll(const std::optional<Span>& span, FetchReport& report) = 0;

  const FetchTools tools_;
};

// Until when values are known at once, for what is fetched live; none for a span of the past.
inline std::optional<base::Timestamp> KnownSince(const std::optional<Span>& span,
                                                 const base::Clock& clock) {
  return span ? std::nullopt : std::optional(clock.Now());
}

}  // namespace geoclimate::fetch
