#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "apps/geoclimate/rejects_file.h"
#include "geoclimate/ingest/ingest_files.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::app {

// Ties the reading of files to a store: a file is in one transaction. Rejected rows go to
// `rejects`, which may be null. Both must outlive the sink.
class StoreSink final : public ingest::ObservationSink {
 public:
  StoreSink(store::ObservationStore& store, RejectsFile* rejects)
      : store_(store), rejects_(rejects) {}

  base::Result<std::unique_ptr<ingest::FileSink>> BeginFile(std::string_view origin) override;
  base::Result<std::vector<ingest::StoredCounts>> Commit(
      std::span<const std::unique_ptr<ingest::FileSink>> files) override;

 private:
  store::ObservationStore& store_;
  RejectsFile* rejects_;
};

// Keeps nothing but the rejected rows: what --dry-run reads into.
class DrySink final : public ingest::ObservationSink {
 public:
  explicit DrySink(RejectsFile* rejects) : rejects_(rejects) {}

  base::Result<std::unique_ptr<ingest::FileSink>> BeginFile(std::string_view origin) override;
  base::Result<std::vector<ingest::StoredCounts>> Commit(
      std::span<const std::unique_ptr<ingest::FileSink>> files) override;

 private:
  RejectsFile* rejects_;
};

}  // namespace geoclimate::app
