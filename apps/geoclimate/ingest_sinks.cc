#include "apps/geoclimate/ingest_sinks.h"

#include <optional>

namespace geoclimate::app {
namespace {

class File final : public ingest::FileSink {
 public:
  enum class Rejects { kDrop, kKeep };
  // `writer` is null where nothing is stored.
  File(std::unique_ptr<store::ObservationWriter> writer, Rejects rejects, std::string_view origin)
      : writer_(std::move(writer)), rejects_(rejects), rejected_(origin) {}

  base::Result<void> Put(const ingest::ObservationBatch& batch) override {
    if (rejects_ == Rejects::kKeep) {
      for (const ingest::RejectedRow& row : batch.rejected) {
        GC_RETURN_IF_ERROR(rejected_.Write(row));
      }
    }
    if (writer_ == nullptr) return {};
    GC_RETURN_IF_ERROR(writer_->PutSites(batch.sites));
    return writer_->Append(batch.observations, std::nullopt);
  }

  std::unique_ptr<store::ObservationWriter> TakeWriter() { return std::move(writer_); }
  FileRejects& rejected() { return rejected_; }

 private:
  std::unique_ptr<store::ObservationWriter> writer_;
  Rejects rejects_;
  FileRejects rejected_;
};

std::unique_ptr<ingest::FileSink> MakeFile(std::unique_ptr<store::ObservationWriter> writer,
                                           const RejectsFile* rejects, std::string_view origin) {
  return std::make_unique<File>(
      std::move(writer), rejects == nullptr ? File::Rejects::kDrop : File::Rejects::kKeep, origin);
}

base::Result<void> AppendRejects(RejectsFile* rejects,
                                 std::span<const std::unique_ptr<ingest::FileSink>> files) {
  if (rejects == nullptr) return {};
  for (const std::unique_ptr<ingest::FileSink>& file : files) {
    GC_RETURN_IF_ERROR(rejects->Append(static_cast<File&>(*file).rejected()));
  }
  return {};
}

}  // namespace

base::Result<std::unique_ptr<ingest::FileSink>> StoreSink::BeginFile(std::string_view origin) {
  GC_ASSIGN_OR_RETURN(std::unique_ptr<store::ObservationWriter> writer, store_.BeginWrite(origin));
  return MakeFile(std::move(writer), rejects_, origin);
}

base::Result<std::vector<ingest::StoredCounts>> StoreSink::Commit(
    std::span<const std::unique_ptr<ingest::FileSink>> files) {
  std::vector<std::unique_ptr<store::ObservationWriter>> writers;
  for (const std::unique_ptr<ingest::FileSink>& file : files) {
    writers.push_back(static_cast<File&>(*file).TakeWriter());
  }
  GC_ASSIGN_OR_RETURN(const std::vector<store::WriteCounts> written,
                      store_.CommitTogether(writers));
  std::vector<ingest::StoredCounts> counts;
  for (const store::WriteCounts& one : written) {
    counts.push_back({one.observations_new, one.observations_replaced, one.observations_unchanged});
  }
  GC_RETURN_IF_ERROR(AppendRejects(rejects_, files));
  return counts;
}

base::Result<std::unique_ptr<ingest::FileSink>> DrySink::BeginFile(std::string_view origin) {
  return MakeFile(nullptr, rejects_, origin);
}

base::Result<std::vector<ingest::StoredCounts>> DrySink::Commit(
    std::span<const std::unique_ptr<ingest::FileSink>> files) {
  GC_RETURN_IF_ERROR(AppendRejects(rejects_, files));
  return std::vector<ingest::StoredCounts>(files.size());
}

}  // namespace geoclimate::app
