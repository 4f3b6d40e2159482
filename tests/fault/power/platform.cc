#include "tests/fault/power/platform.h"

#include <chrono>
#include <utility>

#include "geoclimate/blob/local/local_blob_store.h"

namespace geoclimate::fault {
namespace {

store::SqliteOptions SmallOptions() {
  store::SqliteOptions options;
  options.write_wait = std::chrono::milliseconds(100);
  options.write_buffer_rows = 24;
  options.write_cache_bytes = 65'536;
  options.checkpoint_bytes = 65'536;
  return options;
}

}  // namespace

base::Result<std::unique_ptr<Platform>> Platform::Open(base::FileSystem& files,
                                                       base::FakeClock& clock) {
  auto platform = std::make_unique<Platform>();
  platform->files = &files;
  platform->clock = &clock;
  GC_ASSIGN_OR_RETURN(platform->stores,
                      store::OpenSqliteStores(kDatabase, SmallOptions(), clock, files));
  GC_ASSIGN_OR_RETURN(platform->blobs, blob::LocalBlobStore::Open(kStorage, nullptr, files));
  platform->registry = std::make_unique<registry::Registry>(
      *platform->blobs, clock, registry::RegistryOptions{.history_in_state = 4});
  platform->tables = std::make_unique<forecast::TableStore>(*platform->blobs, clock);
  GC_ASSIGN_OR_RETURN(platform->sites, service::Sites::Start(*platform->stores.observations,
                                                             std::chrono::milliseconds(0)));
  GC_ASSIGN_OR_RETURN(
      platform->observations,
      service::Observations::Open(*platform->stores.observations, *platform->sites, clock, [] {}));
  return platform;
}

}  // namespace geoclimate::fault
