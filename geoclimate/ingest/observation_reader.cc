#include "geoclimate/ingest/observation_reader.h"

#include <fmt/format.h>

#include "geoclimate/base/check.h"
#include "geoclimate/ingest/text.h"

namespace geoclimate::ingest {
namespace {

using formats::CsvEvent;

}  // namespace

void RowCounts::Add(const RowCounts& other) {
  rows += other.rows;
  observations += other.observations;
  blank_rows += other.blank_rows;
  rejected += other.rejected;
  for (std::size_t i = 0; i < kRejectReasonCount; ++i) {
    rejected_by_reason[i] += other.rejected_by_reason[i];
  }
  for (const auto& [name, count] : other.skipped) skipped[name] += count;
}

base::Result<std::unique_ptr<ObservationReader>> ObservationReader::Open(
    formats::ByteSource& bytes, std::span<const SourceDescription> sources, ReaderOptions options) {
  GC_CHECK(options.batch_rows > 0, "a batch holds rows");
  std::unique_ptr<ObservationReader> reader(new ObservationReader(bytes, options));
  GC_RETURN_IF_ERROR(reader->ReadHeader(sources));
  return reader;
}

base::Result<void> ObservationReader::ReadHeader(std::span<const SourceDescription> sources) {
  while (true) {
    GC_ASSIGN_OR_RETURN(const CsvEvent event, csv_.Next());
    if (event == CsvEvent::kEnd) return base::InvalidArgument("the file is empty");
    std::span<const std::string_view> header = csv_.fields();
    const std::string_view text = csv_.text();
    // What cannot be taken apart is shown as it is.
    if (event == CsvEvent::kFault) header = std::span(&text, 1);
    const bool blank = header.size() == 1 && Trim(header.front()).empty();
    if (blank && event == CsvEvent::kRecord) continue;
    GC_ASSIGN_OR_RETURN(columns_, MatchHeader(sources, header));
    parser_.emplace(columns_);
    return {};
  }
}

base::Result<std::optional<ObservationBatch>> ObservationReader::Next() {
  if (ended_) return std::optional<ObservationBatch>();
  ObservationBatch batch;
  while (batch.rows < options_.batch_rows) {
    GC_ASSIGN_OR_RETURN(const CsvEvent event, csv_.Next());
    if (event == CsvEvent::kEnd) {
      ended_ = true;
      GC_RETURN_IF_ERROR(CheckThatValuesWereMeasured());
      break;
    }
    if (event == CsvEvent::kRecord) {
      TakeRecord(batch);
    } else {
      Reject(batch, RejectFault(csv_));
    }
  }
  counts_.rows += batch.rows;
  counts_.observations += batch.observations.size();
  return std::optional<ObservationBatch>(std::move(batch));
}

void ObservationReader::TakeRecord(ObservationBatch& batch) {
  switch (parser_->Parse(csv_.fields())) {
    case RowOutcome::kBlank:
      ++counts_.blank_rows;
      return;
    case RowOutcome::kSkipped: {
      const auto entry = counts_.skipped.find(parser_->skipped_as());
      if (entry != counts_.skipped.end()) {
        ++entry->second;
      } else {
        counts_.skipped.emplace(parser_->skipped_as(), 1);
      }
      break;
    }
    case RowOutcome::kRejected:
      Reject(batch, RejectRecord(csv_, parser_->rejected()));
      return;
    case RowOutcome::kObservation:
      if (batch.observations.empty()) batch.observations.reserve(options_.batch_rows);
      batch.observations.push_back(parser_->observation());
      if (parser_->file_aqi()) ++rows_with_aqi_;
      if (parser_->news_of_site() != nullptr) batch.sites.push_back(*parser_->news_of_site());
      if (options_.file_aqi == FileAqi::kKeep) {
        batch.file_aqi.push_back(parser_->file_aqi().value_or(-1));
        batch.lines.push_back(csv_.line());
      }
      break;
  }
  ++batch.rows;
}

void ObservationReader::Reject(ObservationBatch& batch, RejectedRow row) {
  ++batch.rows;
  ++counts_.rejected;
  ++counts_.rejected_by_reason[static_cast<std::size_t>(row.reason)];
  batch.rejected.push_back(std::move(row));
}

base::Result<void> ObservationReader::CheckThatValuesWereMeasured() const {
  const std::uint64_t fractional =
      counts_.rejected_by_reason[static_cast<std::size_t>(RejectReason::kFractionalAqi)];
  const std::uint64_t all = rows_with_aqi_ + fractional;
  if (static_cast<double>(fractional) <=
      columns_.source->fractional_aqi_share * static_cast<double>(all)) {
    return {};
  }
  std::string message = fmt::format(
      "{} of {} AQI values have a fraction, and EPA's are integers: rows were filled in by a "
      "computation, and which of the concentrations were measured cannot be told",
      fractional, all);
  if (counts_.blank_rows > 0) message += fmt::format(" ({} rows are blank)", counts_.blank_rows);
  return base::FailedPrecondition(std::move(message));
}

}  // namespace geoclimate::ingest
