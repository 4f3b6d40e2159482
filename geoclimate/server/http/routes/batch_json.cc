#include <string>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/server/http/routes/batch_body.h"

namespace geoclimate::server::http::routes {
namespace {

using formats::JsonCursor;

FieldError At(std::string_view member, std::string message, std::string_view type) {
  FieldError error{{std::string("body")}, std::move(message), std::string(type)};
  if (!member.empty()) error.loc.emplace_back(std::string(member));
  return error;
}

class JsonBatchReader final : public BatchReader {
 public:
  JsonBatchReader(std::string_view body, const service::ServedModels& models,
                  const BatchReaderOptions& options, Arena& arena)
      : text_(body), json_(body), models_(models), options_(options), arena_(arena) {
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      json_.Fail("the body is empty");
    }
    json_.EnterObject();
    rows_.wish.choice.split_key = options.split_key;
  }

  Progress Read(std::size_t rows) override {
    for (std::size_t budget = rows; budget > 0; --budget) {
      switch (state_) {
        case State::kMembers:
          ReadMember();
          break;
        case State::kSplit:
          ReadSplitMember();
          break;
        case State::kRows:
          ReadRow();
          break;
        case State::kDone:
          return Progress::kDone;
      }
      if (rows_.size == BatchRows::Size::kTooLarge) state_ = State::kDone;
    }
    return state_ == State::kDone ? Progress::kDone : Progress::kMore;
  }

 private:
  enum class State { kMembers, kSplit, kRows, kDone };
  // How the rows lie in the body.
  enum class Shape { kNone, kObjects, kTable };

  void ReadMember() {
    std::string_view key;
    if (!json_.NextKey(key)) return Settle();
    if (key == "data") {
      BeginRows("data", Shape::kObjects);
    } else if (key == "dataframe_split") {
      if (json_.EnterObject()) state_ = State::kSplit;
    } else if (!ReadWish(json_, key, arena_, rows_.wish, rows_.findings)) {
      rows_.findings.AddWarning(fmt::format("unknown field '{}' was ignored", key));
      json_.SkipValue();
    }
  }

  void ReadSplitMember() {
    std::string_view key;
    if (!json_.NextKey(key)) {
      state_ = State::kMembers;
      return;
    }
    if (key == "columns") {
      columns_text_ = json_.SkipRawValue();
    } else if (key == "data") {
      BeginRows("dataframe_split", Shape::kTable);
    } else {
      if (key != "index") {  // pandas adds it
        rows_.findings.AddWarning(
            fmt::format("unknown field 'dataframe_split.{}' was ignored", key));
      }
      json_.SkipValue();
    }
  }

  void BeginRows(std::string_view member, Shape shape) {
    if (shape_ != Shape::kNone) {
      rows_.findings.AddError(
          At(member, "the rows are given twice: take 'data' or 'dataframe_split'", "duplicate"));
    }
    shape_ = shape;
    json_.Peek();
    rows_from_ = json_.position();
    const auto guess = models_.ChooseForRows(rows_.wish.choice);
    StartReading(guess.ok() && (shape == Shape::kObjects || !columns_text_.empty()) ? *guess
                                                                                    : nullptr);
    if (json_.EnterArray()) state_ = State::kRows;
  }

  // Reads rows from here on for `model`; null: takes them without reading.
  void StartReading(const service::ServedModel* model) {
    rows_.model = model;
    rows_.count = 0;
    rows_.values.clear();
    row_findings_ = {};
    reader_.reset();
    columns_.clear();
    if (model == nullptr) return;
    seen_.assign(model->schema().size(), 0);
    reader_.emplace(*model, options_.unknown, seen_, row_findings_);
    if (shape_ == Shape::kTable) ReadColumns();
  }

  void ReadColumns() {
    JsonCursor json(columns_text_);
    json.EnterArray();
    while (json.NextElement()) {
      std::string_view name;
      if (!json.ReadString(name)) break;
      columns_.push_back(reader_->Column(name, "dataframe_split"));
    }
    if (!json.Finish().ok()) {
      row_findings_.AddError(
          At("dataframe_split", "'columns' is not an array of names", "array_type"));
    }
  }

  void ReadRow() {
    if (!json_.NextElement()) return EndRows();
    if (rows_.count == options_.max_rows) {
      rows_.size = BatchRows::Size::kTooLarge;
      return;
    }
    const std::size_t index = rows_.count++;
    if (!reader_) {
      json_.SkipValue();
      return;
    }
    const std::size_t columns = seen_.size();
    rows_.values.resize(rows_.count * columns);
    const std::span<float> row(rows_.values.data() + index * columns, columns);
    const bool read = shape_ == Shape::kTable ? reader_->ReadArray(json_, index, columns_, row)
                                              : reader_->ReadObject(json_, index, row);
    if (read) reader_->WarnOfMissing(index, row);
  }

  void EndRows() {
    if (again_) {
      Finish();
      return;
    }
    rows_text_ = text_.substr(rows_from_, json_.position() - rows_from_);
    state_ = shape_ == Shape::kTable ? State::kSplit : State::kMembers;
  }

  // The body has been read; the rows perhaps not yet, or for another model.
  void Settle() {
    state_ = State::kDone;
    if (const auto done = json_.Finish(); !done.ok()) {
      rows_.findings = {};
      rows_.findings.AddError(At({}, done.error().message(), "json_invalid"));
      return;
    }
    if (shape_ == Shape::kNone) {
      rows_.findings.AddError(
          At("data", "neither 'data' nor 'dataframe_split' is there", "missing"));
      return;
    }
    if (shape_ == Shape::kTable && columns_text_.empty()) {
      rows_.findings.AddError(At("dataframe_split", "'columns' is missing", "missing"));
      return;
    }
    const auto chosen = models_.ChooseForRows(rows_.wish.choice);
    const bool any_will_do = rows_.count == 0 && rows_.wish.choice.model_id.empty() &&
                             rows_.wish.choice.model_name.empty();
    if (!chosen.ok()) {
      if (!any_will_do) rows_.error = chosen.error();
      return;
    }
    if (*chosen == rows_.model) return Finish();
    again_ = true;
    StartReading(*chosen);
    json_ = JsonCursor(rows_text_);
    json_.EnterArray();
    state_ = State::kRows;
  }

  void Finish() {
    state_ = State::kDone;
    for (FieldError& error : row_findings_.errors) rows_.findings.AddError(std::move(error));
    for (std::string& warning : row_findings_.warnings) {
      rows_.findings.AddWarning(std::move(warning));
    }
  }

  std::string_view text_;
  JsonCursor json_;
  const service::ServedModels& models_;
  const BatchReaderOptions options_;
  Arena& arena_;
  State state_ = State::kMembers;
  Shape shape_ = Shape::kNone;
  bool again_ = false;
  std::size_t rows_from_ = 0;
  std::string_view rows_text_;
  std::string_view columns_text_;
  std::vector<std::uint32_t> seen_;
  std::optional<FeatureRows> reader_;  // none: rows are taken without reading
  std::vector<int> columns_;           // of a table
  BodyFindings row_findings_;
};

}  // namespace

std::unique_ptr<BatchReader> MakeJsonBatchReader(std::string_view body,
                                                 const service::ServedModels& models,
                                                 const BatchReaderOptions& options, Arena& arena) {
  return std::make_unique<JsonBatchReader>(body, models, options, arena);
}

}  // namespace geoclimate::server::http::routes
