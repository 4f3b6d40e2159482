#include "apps/geoclimate/storage.h"

#include <utility>

#include "apps/geoclimate/bucket_storage.h"
#include "apps/geoclimate/data_folder.h"
#include "geoclimate/blob/local/local_blob_store.h"

namespace geoclimate::app {
namespace {

class FolderStorage final : public Storage {
 public:
  explicit FolderStorage(std::unique_ptr<blob::LocalBlobStore> blobs) : blobs_(std::move(blobs)) {}
  blob::BlobStore& blobs() override { return *blobs_; }

 private:
  std::unique_ptr<blob::LocalBlobStore> blobs_;
};

// A storage with a watch of its own.
class UnwatchedStorage final : public Storage {
 public:
  blob::BlobStore& blobs() override { return storage_->blobs(); }
  void Stop() override { storage_->Stop(); }
  base::Result<void> Open(const Settings& settings, const std::filesystem::path& data_dir) {
    GC_ASSIGN_OR_RETURN(storage_, OpenStorage(settings, data_dir, {clock_, metrics_, breakers_}));
    return {};
  }

 private:
  base::SystemClock clock_;
  telemetry::MetricRegistry metrics_;
  resilience::BreakerPanel breakers_{clock_, metrics_};
  std::unique_ptr<Storage> storage_;
};

}  // namespace

base::Result<Settings> SettingsOf(const GlobalOptions& options) {
  GC_ASSIGN_OR_RETURN(const LoadedSettings loaded,
                      LoadSettings(options.config_file, ReadEnvironment()));
  return loaded.settings;
}

base::Result<std::unique_ptr<Storage>> OpenStorage(const Settings& settings,
                                                   const std::filesystem::path& data_dir,
                                                   const StorageWatch& watch) {
  if (settings.StorageIsBucket()) return OpenBucketStorage(settings, ReadAwsEnvironment(), watch);
  GC_ASSIGN_OR_RETURN(auto blobs, blob::LocalBlobStore::Open(settings.StorageFolder(data_dir)));
  return std::unique_ptr<Storage>(std::make_unique<FolderStorage>(std::move(blobs)));
}

base::Result<std::unique_ptr<Storage>> OpenStorage(const Settings& settings,
                                                   const GlobalOptions& options) {
  auto storage = std::make_unique<UnwatchedStorage>();
  GC_RETURN_IF_ERROR(storage->Open(settings, options.data_dir));
  return std::unique_ptr<Storage>(std::move(storage));
}

base::Result<Stores> OpenStores(const Settings& settings, const std::filesystem::path& data_dir,
                                const base::Clock& clock, const store::PostgresSurroundings& around,
                                const store::SqliteOptions& sqlite) {
  if (settings.UsesPostgres()) {
    GC_ASSIGN_OR_RETURN(const store::PostgresOptions options, settings.PostgresOptions());
    return store::OpenPostgresStores(options, clock, around);
  }
  return store::OpenSqliteStores(DatabasePath(data_dir), sqlite, clock);
}

}  // namespace geoclimate::app
