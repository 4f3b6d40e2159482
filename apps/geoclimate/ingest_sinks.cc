#include "apps/geoclimate/ingest_sinks.h"

#include <optional>

namespace geoclimate::app {
namespace {

class File final : public ingest::FileSink {
 public:
  // `writer` and `rejects` may be null.
  File(std::unique_ptr<store::ObservationWriter> writer, RejectsFile* rejects,
       std::string_view origin)
      : writer_(std::move(writer)), rejects_(rejects), rejected_(origin) {}

  base::Result<void> Put(const ingest::ObservationBatch& batch) override {
    if (rejects_ != nullptr) {
      for (const ingest::RejectedRow& row : batch.rejected) {
        GC_RETURN_IF_ERROR(rejected_.Write(row));
      }
    }
    if (writer_ == nullptr) return {};
    GC_RETURN_IF_ERROR(writer_->PutSites(batch.sites));
    return writer_->Append(batch.observations, std::nullopt);
  }

  base::Result<ingest::StoredCounts> Commit() override {
    ingest::StoredCounts counts;
    if (writer_ != nullptr) {
      GC_ASSIGN_OR_RETURN(const store::WriteCounts written, writer_->Commit());
      counts = {written.observations_new, written.observations_replaced,
                written.observations_unchanged};
    }
    if (rejects_ != nullptr) GC_RETURN_IF_ERROR(rejects_->Append(rejected_));
    return counts;
  }

 private:
  std::unique_ptr<store::ObservationWriter> writer_;
  RejectsFile* rejects_;
  FileRejects rejected_;
};

}  // namespace

base::Result<std::unique_ptr<ingest::FileSink>> StoreSink::BeginFile(std::string_view origin) {
  GC_ASSIGN_OR_RETURN(std::unique_ptr<store::ObservationWriter> writer, store_.BeginWrite(origin));
  return std::unique_ptr<ingest::FileSink>(
      std::make_unique<File>(std::move(writer), rejects_, origin));
}

base::Result<std::unique_ptr<ingest::FileSink>> DrySink::BeginFile(std::string_view origin) {
  return std::unique_ptr<ingest::FileSink>(std::make_unique<File>(nullptr, rejects_, origin));
}

}  // namespace geoclimate::app
