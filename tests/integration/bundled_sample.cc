#include "tests/integration/bundled_sample.h"

#include <unistd.h>

#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/forecast/history_loader.h"
#include "geoclimate/ingest/file_finder.h"
#include "geoclimate/ingest/ingest_files.h"
#include "geoclimate/store/sqlite/sqlite_store.h"

namespace geoclimate::integration {
namespace {

class StoreSink final : public ingest::ObservationSink {
 public:
  explicit StoreSink(store::ObservationStore& store) : store_(store) {}

  base::Result<std::unique_ptr<ingest::FileSink>> BeginFile(std::string_view origin) override {
    GC_ASSIGN_OR_RETURN(auto writer, store_.BeginWrite(origin));
    return std::unique_ptr<ingest::FileSink>(std::make_unique<File>(std::move(writer)));
  }
  base::Result<std::vector<ingest::StoredCounts>> Commit(
      std::span<const std::unique_ptr<ingest::FileSink>> files) override {
    std::vector<ingest::StoredCounts> counts;
    for (const std::unique_ptr<ingest::FileSink>& file : files) {
      GC_ASSIGN_OR_RETURN(const store::WriteCounts written,
                          static_cast<File&>(*file).writer->Commit());
      counts.push_back({written.observations_new, written.observations_replaced,
                        written.observations_unchanged});
    }
    return counts;
  }

 private:
  struct File final : ingest::FileSink {
    explicit File(std::unique_ptr<store::ObservationWriter> given) : writer(std::move(given)) {}
    base::Result<void> Put(const ingest::ObservationBatch& batch) override {
      GC_RETURN_IF_ERROR(writer->PutSites(batch.sites));
      return writer->Append(batch.observations, std::nullopt);
    }
    std::unique_ptr<store::ObservationWriter> writer;
  };

  store::ObservationStore& store_;
};

}  // namespace

BundledSample::BundledSample() {
  std::string name = (std::filesystem::temp_directory_path() / "geoclimate-sample-XXXXXX").string();
  GC_CHECK(mkdtemp(name.data()) != nullptr, "there is a place for temporary files");
  folder_ = name;
  store_ = *store::OpenSqliteStore(folder_ / "observations.db", {}, clock_);

  const std::vector<std::filesystem::path> paths = {std::filesystem::path(GEOCLIMATE_SOURCE_DIR) /
                                                    "data/epa/daily"};
  const std::vector<ingest::DataFile> files = *ingest::FindDataFiles(paths);
  const std::vector<ingest::SourceDescription> sources = *ingest::BuiltInSources();
  StoreSink sink(*store_);
  ingest::IngestProgress progress;
  const ingest::IngestReport report =
      *ingest::IngestFiles(files, sources, sink, ingest::IngestOptions{}, progress);
  GC_CHECK(report.refused_files == 0, "the sample is read as it is");
}

BundledSample::~BundledSample() {
  store_.reset();
  std::filesystem::remove_all(folder_);
}

const features::SiteHistory& BundledSample::History() {
  static const features::SiteHistory history = [] {
    BundledSample sample;
    return *forecast::LoadSiteHistory(sample.store(), {.as_of = base::MakeDay(2100, 1, 1)});
  }();
  return history;
}

}  // namespace geoclimate::integration
