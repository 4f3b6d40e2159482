#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/byte_source.h"
#include "geoclimate/formats/csv.h"
#include "geoclimate/server/http/routes/batch_body.h"

namespace geoclimate::server::http::routes {
namespace {

class CsvBatchReader final : public BatchReader {
 public:
  CsvBatchReader(std::string_view body, const service::ServedModels& models,
                 const PredictionWish& wish, const BatchReaderOptions& options)
      : options_(options), source_(body), csv_(source_) {
    rows_.wish = wish;
    const auto chosen = models.ChooseForRows(wish.choice);
    if (chosen.ok()) {
      rows_.model = *chosen;
      seen_.assign((*chosen)->schema().size(), 0);
      reader_.emplace(**chosen, options_.unknown, seen_, rows_.findings);
    } else {
      rows_.error = chosen.error();
    }
  }

  Progress Read(std::size_t rows) override {
    if (rows_.error) return Progress::kDone;
    for (std::size_t i = 0; i < rows; ++i) {
      if (ReadRecord() == Progress::kDone) return Progress::kDone;
    }
    return Progress::kMore;
  }

 private:
  Progress ReadRecord() {
    const auto event = csv_.Next();
    if (!event.ok()) return Refuse(event.error().message());
    if (*event == formats::CsvEvent::kFault) {
      return Refuse(fmt::format("line {}, column {}: {}", csv_.fault().line, csv_.fault().column,
                                formats::Describe(csv_.fault().kind)));
    }
    if (*event == formats::CsvEvent::kEnd) {
      return has_header_ ? Progress::kDone : Refuse("the body is empty: expected a line of names");
    }
    const bool blank = csv_.fields().size() == 1 && csv_.fields()[0].empty();
    if (!has_header_) return ReadHeader();
    // A single column may be missing in a row; otherwise an empty line is none.
    if (blank && columns_.size() != 1) return Progress::kMore;
    return ReadRow();
  }

  Progress ReadHeader() {
    has_header_ = true;
    for (const std::string_view name : csv_.fields()) {
      columns_.push_back(reader_->Column(name, "header"));
    }
    return Progress::kMore;
  }

  Progress ReadRow() {
    if (rows_.count == options_.max_rows) {
      rows_.size = BatchRows::Size::kTooLarge;
      return Progress::kDone;
    }
    if (csv_.fields().size() != columns_.size()) {
      return Refuse(fmt::format("line {}: {} fields under {} names", csv_.line(),
                                csv_.fields().size(), columns_.size()));
    }
    const std::size_t index = rows_.count++;
    const std::size_t features = seen_.size();
    rows_.values.resize(rows_.count * features, std::numeric_limits<float>::quiet_NaN());
    const std::span<float> row(rows_.values.data() + index * features, features);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i] < 0) continue;
      reader_->ReadCell(csv_.fields()[i], index, columns_[i],
                        row[static_cast<std::size_t>(columns_[i])]);
    }
    reader_->WarnOfMissing(index, row);
    return Progress::kMore;
  }

  Progress Refuse(std::string message) {
    rows_.findings.AddError({{std::string("body")}, std::move(message), "csv_invalid"});
    return Progress::kDone;
  }

  const BatchReaderOptions options_;
  formats::MemorySource source_;
  formats::CsvReader csv_;
  bool has_header_ = false;
  std::vector<std::uint32_t> seen_;
  std::optional<FeatureRows> reader_;
  std::vector<int> columns_;
};

}  // namespace

std::unique_ptr<BatchReader> MakeCsvBatchReader(std::string_view body,
                                                const service::ServedModels& models,
                                                const PredictionWish& wish,
                                                const BatchReaderOptions& options) {
  return std::make_unique<CsvBatchReader>(body, models, wish, options);
}

}  // namespace geoclimate::server::http::routes
