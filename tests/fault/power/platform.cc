#include "tests/fault/power/platform.h"

#include <chrono>
#include <utility>

#include "geoclimate/blob/local/local_blob_store.h"

namespace geoclimate::fault {
namespace {

constexpr std::uint64_t kSpillBytes = 1 << 20;

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
  GC_ASSIGN_OR_RETURN(platform->spill,
                      prediction_log::SpillFolder::Open(kSpill, kSpillBytes, files));
  platform->batch_writer = std::make_unique<prediction_log::BatchWriter>(
      *platform->stores.prediction_log, platform->spill.get(), store::PredictionLogBounds(), clock,
      prediction_log::LogMetrics::Of(platform->metrics));
  return platform;
}

}  // namespace geoclimate::fault
