#include "apps/geoclimate/storage.h"

namespace geoclimate::app {

base::Result<Settings> SettingsOf(const GlobalOptions& options) {
  GC_ASSIGN_OR_RETURN(const LoadedSettings loaded,
                      LoadSettings(options.config_file, ReadEnvironment()));
  return loaded.settings;
}

base::Result<std::unique_ptr<blob::LocalBlobStore>> OpenStorage(const Settings& settings,
                                                                const GlobalOptions& options) {
  return blob::LocalBlobStore::Open(settings.StorageFolder(options.data_dir));
}

}  // namespace geoclimate::app
