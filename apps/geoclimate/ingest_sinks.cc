#include "apps/geoclimate/ingest_sinks.h"

#include "geoclimate/base/log.h"

namespace geoclimate::app {
namespace {

base::Result<void> WriteRejects(RejectsFile* rejects, const ingest::ObservationBatch& batch) {
  if (rejects == nullptr) return {};
  for (const ingest::RejectedRow& row : batch.rejected) GC_RETURN_IF_ERROR(rejects->Write(row));
  return {};
}

void TakeBackRejects(RejectsFile* rejects) {
  if (rejects == nullptr) return;
  if (const base::Result<void> taken = rejects->TakeBack(); !taken.ok()) {
    base::Log(base::LogLevel::kWarning, "ingest", taken.error().ToString());
  }
}

}  // namespace

base::Result<void> StoreSink::BeginFile(std::string_view origin) {
  if (rejects_ != nullptr) rejects_->Begin(origin);
  GC_ASSIGN_OR_RETURN(writer_, store_.BeginWrite(origin));
  return {};
}

base::Result<void> StoreSink::Put(const ingest::ObservationBatch& batch) {
  GC_RETURN_IF_ERROR(WriteRejects(rejects_, batch));
  GC_RETURN_IF_ERROR(writer_->PutSites(batch.sites));
  return writer_->Append(batch.observations, std::nullopt);
}

base::Result<ingest::StoredCounts> StoreSink::CommitFile() {
  GC_ASSIGN_OR_RETURN(const store::WriteCounts counts, writer_->Commit());
  writer_.reset();
  return ingest::StoredCounts{counts.observations_new, counts.observations_replaced,
                              counts.observations_unchanged};
}

void StoreSink::AbandonFile() {
  writer_.reset();
  TakeBackRejects(rejects_);
}

base::Result<void> DrySink::BeginFile(std::string_view origin) {
  if (rejects_ != nullptr) rejects_->Begin(origin);
  return {};
}

base::Result<void> DrySink::Put(const ingest::ObservationBatch& batch) {
  return WriteRejects(rejects_, batch);
}

void DrySink::AbandonFile() {
  TakeBackRejects(rejects_);
}

}  // namespace geoclimate::app
