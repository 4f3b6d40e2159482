#pragma once

#include <memory>

#include "apps/geoclimate/settings.h"
#include "apps/geoclimate/verbs.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/local/local_blob_store.h"

namespace geoclimate::app {

// The settings of a verb: --config with the environment over it.
base::Result<Settings> SettingsOf(const GlobalOptions& options);

// Where models and forecast tables lie: storage.url, else the data directory.
base::Result<std::unique_ptr<blob::LocalBlobStore>> OpenStorage(const Settings& settings,
                                                                const GlobalOptions& options);

}  // namespace geoclimate::app
