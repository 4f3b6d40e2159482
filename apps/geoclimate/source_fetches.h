#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/geoclimate/settings.h"
#include "apps/geoclimate/source_service.h"
#include "geoclimate/blob/blob_store.h"
#include "geoclimate/fetch/airnow_fetch.h"
#include "geoclimate/fetch/source_fetch.h"
#include "geoclimate/ingest/source_description.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::app {

inline constexpr std::string_view kSourceNames[] = {"airnow", "openaq", "aqs"};

// What fetches work on; all of it outlives them.
struct FetchSurroundings {
  const Settings& settings;
  store::ObservationStore& store;
  blob::BlobStore& blobs;
  const base::Clock& clock;
  const std::vector<ingest::SourceDescription>& descriptions;  // the built-in ones
  const SourceWatch* watch = nullptr;                          // null: nobody watches
};

// A fetch with the service that it asks. The fetch goes first.
template <typename Fetch>
struct OpenFetch {
  std::unique_ptr<SourceService> service;
  std::unique_ptr<Fetch> fetch;
};

// The fetch of one of kSourceNames by its settings, with another box than theirs if one is given.
// Reads the key. kInvalidArgument and kFailedPrecondition name the setting that is wrong or
// missing.
base::Result<OpenFetch<fetch::SourceFetch>> OpenSourceFetch(std::string_view source,
                                                            const std::optional<std::string>& box,
                                                            const FetchSurroundings& around);
base::Result<OpenFetch<fetch::AirNowFetch>> OpenAirNowFetch(const std::optional<std::string>& box,
                                                            const FetchSurroundings& around);

// What a run changed, as the audit tells it: "3 new, 0 replaced; 1 days new, 0 replaced".
std::string StoredBy(const fetch::FetchReport& report);

}  // namespace geoclimate::app
