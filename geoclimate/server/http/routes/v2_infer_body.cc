#include "geoclimate/server/http/routes/v2_infer_body.h"

#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace geoclimate::server::http::routes {
namespace {

using formats::JsonCursor;
using Kind = JsonCursor::Kind;

constexpr std::size_t kMostAxes = 8;

}  // namespace

InferBodyReader::InferBodyReader(std::string_view json, std::string_view binary, Arena& arena)
    : arena_(&arena), text_(json), binary_(binary), json_(json), body_(arena) {}

InferBodyReader::Progress InferBodyReader::Read(std::size_t most) {
  if (text_.empty()) {
    Refuse("the body is empty");
    return Progress::kDone;
  }
  while (state_ != State::kEnd && !failed()) {
    const bool in_values = state_ == State::kValues || state_ == State::kLateValues;
    Step(most);
    // Anything but elements is short.
    if (in_values && state_ != State::kEnd && !failed()) return Progress::kMore;
  }
  if (!error_.has_value()) Finish();
  state_ = State::kEnd;
  return Progress::kDone;
}

void InferBodyReader::Step(std::size_t most) {
  switch (state_) {
    case State::kStart:
      if (json_.EnterObject()) state_ = State::kTop;
      break;
    case State::kTop:
      ReadTop();
      break;
    case State::kInputs:
      if (!json_.NextElement()) {
        state_ = State::kTop;
        break;
      }
      input_ = {};
      if (Enter(Kind::kObject, "an input")) state_ = State::kInput;
      break;
    case State::kInput:
      ReadInputMember();
      break;
    case State::kValues:
      ContinueValues(json_, most, State::kInput);
      break;
    case State::kLateValues:
      ContinueValues(*late_, most, State::kInputs);
      break;
    case State::kEnd:
      break;
  }
}

void InferBodyReader::ReadTop() {
  std::string_view key;
  if (!json_.NextKey(key)) {
    state_ = State::kEnd;
    return;
  }
  if (key == "inputs") {
    if (has_inputs_) return Refuse("field 'inputs' is given twice");
    has_inputs_ = true;
    if (Enter(Kind::kArray, "field 'inputs'")) state_ = State::kInputs;
  } else if (key == "id") {
    body_.id = ReadText("field 'id'");
  } else if (key == "parameters") {
    ReadRequestParameters();
  } else if (key == "outputs") {
    ReadOutputs();
  } else {
    json_.SkipValue();
  }
}

void InferBodyReader::ReadInputMember() {
  std::string_view key;
  if (!json_.NextKey(key)) {
    if (!json_.failed()) EndInput();
    return;
  }
  if (key == "name") {
    input_.name = ReadText("an input's 'name'");
  } else if (key == "shape") {
    ReadShape();
  } else if (key == "datatype") {
    ReadDatatype();
  } else if (key == "parameters") {
    ReadInputParameters();
  } else if (key != "data") {
    json_.SkipValue();
  } else if (input_.has_data) {
    Refuse(fmt::format("input '{}': data is given twice", input_.name));
  } else {
    input_.has_data = true;
    if (input_.type.has_value() && input_.shape.has_value()) {
      BeginValues();
      if (!failed()) state_ = State::kValues;
    } else {
      input_.late_data = json_.SkipRawValue();
    }
  }
}

void InferBodyReader::BeginValues() {
  const auto count = inference::ElementCount(*input_.shape);
  // An element takes a character and a comma: what the text cannot hold is not allocated.
  if (!count.has_value() || *count > text_.size()) {
    return Refuse(
        fmt::format("input '{}': data has fewer elements than its shape says", input_.name));
  }
  const std::size_t bytes = *count * inference::ElementBytes(*input_.type);
  input_.elements = {static_cast<std::byte*>(arena_->Allocate(bytes)), bytes};
  values_.emplace(*input_.type, input_.elements);
}

void InferBodyReader::ContinueValues(JsonCursor& json, std::size_t most, State next) {
  if (values_->Read(json, most) == TensorValues::Progress::kMore) return;
  if (values_->error().has_value()) {
    return Refuse(fmt::format("input '{}': {}", input_.name, *values_->error()));
  }
  if (state_ == State::kLateValues) KeepInput(input_.elements);
  state_ = next;
}

void InferBodyReader::EndInput() {
  if (input_.name.empty()) return Refuse("an input has no name");
  if (!input_.shape.has_value()) {
    return Refuse(fmt::format("input '{}' has no shape", input_.name));
  }
  if (!input_.type.has_value()) {
    return Refuse(fmt::format("input '{}' has no datatype", input_.name));
  }
  state_ = State::kInputs;
  if (input_.binary_bytes.has_value()) {
    if (input_.has_data) {
      return Refuse(fmt::format("input '{}' has both data and binary_data_size", input_.name));
    }
    const std::size_t size = *input_.binary_bytes;
    if (size > binary_.size() - binary_used_) {
      return Refuse(fmt::format("input '{}': binary_data_size is {}, {} bytes are left",
                                input_.name, size, binary_.size() - binary_used_));
    }
    const std::string_view bytes = binary_.substr(binary_used_, size);
    binary_used_ += size;
    return KeepInput(std::as_bytes(std::span(bytes)));
  }
  if (!input_.has_data) return Refuse(fmt::format("input '{}' has no data", input_.name));
  if (input_.late_data.empty()) return KeepInput(input_.elements);
  BeginValues();
  late_.emplace(input_.late_data);
  state_ = State::kLateValues;
}

void InferBodyReader::KeepInput(std::span<const std::byte> bytes) {
  body_.inputs.push_back(
      {.name = input_.name,
       .tensor = {.type = *input_.type, .shape = *input_.shape, .bytes = bytes}});
}

void InferBodyReader::ReadShape() {
  std::array<std::int64_t, kMostAxes> axes{};
  std::size_t count = 0;
  if (!Enter(Kind::kArray, "an input's 'shape'")) return;
  while (json_.NextElement()) {
    if (count == axes.size()) {
      return Refuse(fmt::format("input '{}': more than {} axes", input_.name, kMostAxes));
    }
    axes.at(count++) = static_cast<std::int64_t>(ReadCount("an axis of 'shape'"));
    if (failed()) return;
  }
  const std::span<std::int64_t> kept = {static_cast<std::int64_t*>(arena_->Allocate(
                                            count * sizeof(std::int64_t), alignof(std::int64_t))),
                                        count};
  std::copy_n(axes.begin(), count, kept.begin());
  input_.shape = kept;
}

void InferBodyReader::ReadDatatype() {
  const std::string_view name = ReadText("an input's 'datatype'");
  if (failed()) return;
  input_.type = inference::ParseTensorType(name);
  if (!input_.type.has_value()) {
    Refuse(fmt::format("input '{}': the datatype '{}' is none that a model here takes", input_.name,
                       name));
  }
}

void InferBodyReader::ReadInputParameters() {
  if (!Enter(Kind::kObject, "an input's 'parameters'")) return;
  for (std::string_view key; !failed() && json_.NextKey(key);) {
    if (key == "binary_data_size") {
      input_.binary_bytes = ReadCount("'binary_data_size'");
    } else if (key == "shared_memory_region") {
      Fail(base::Unimplemented("shared memory is not served"));
    } else {
      json_.SkipValue();
    }
  }
}

void InferBodyReader::ReadRequestParameters() {
  if (!Enter(Kind::kObject, "field 'parameters'")) return;
  for (std::string_view key; !failed() && json_.NextKey(key);) {
    if (key == "binary_data_output") {
      body_.form = ReadFlag("'binary_data_output'") ? TensorForm::kBinary : TensorForm::kJson;
    } else if (key == "timeout") {
      body_.timeout_us = ReadCount("'timeout'");
    } else if (key == "priority") {
      body_.priority = ReadCount("'priority'");
    } else {
      json_.SkipValue();
    }
  }
}

void InferBodyReader::ReadOutputs() {
  if (!Enter(Kind::kArray, "field 'outputs'")) return;
  while (!failed() && json_.NextElement()) ReadOutput();
}

void InferBodyReader::ReadOutput() {
  std::string_view name;
  std::optional<TensorForm> form;
  if (!Enter(Kind::kObject, "an output")) return;
  for (std::string_view key; !failed() && json_.NextKey(key);) {
    if (key == "name") {
      name = ReadText("an output's 'name'");
    } else if (key == "parameters") {
      form = ReadOutputParameters();
    } else {
      json_.SkipValue();
    }
  }
  if (failed()) return;
  if (name.empty()) return Refuse("an output has no name");
  body_.outputs.push_back(name);
  body_.forms.push_back(form);
}

std::optional<TensorForm> InferBodyReader::ReadOutputParameters() {
  std::optional<TensorForm> form;
  if (!Enter(Kind::kObject, "an output's 'parameters'")) return form;
  for (std::string_view key; !failed() && json_.NextKey(key);) {
    if (key == "binary_data") {
      form = ReadFlag("'binary_data'") ? TensorForm::kBinary : TensorForm::kJson;
    } else if (key == "classification") {
      if (ReadCount("'classification'") > 0) {
        Fail(base::Unimplemented("classification of outputs is not served"));
      }
    } else if (key == "shared_memory_region") {
      Fail(base::Unimplemented("shared memory is not served"));
    } else {
      json_.SkipValue();
    }
  }
  return form;
}

std::string_view InferBodyReader::ReadText(std::string_view member) {
  if (json_.Peek() != Kind::kString) {
    Refuse(fmt::format("{}: expected a string", member));
    return {};
  }
  std::string_view text;
  return json_.ReadString(text) ? arena_->Copy(text) : std::string_view();
}

std::uint64_t InferBodyReader::ReadCount(std::string_view member) {
  // Exact in a double, and far above any size here.
  constexpr double kMost = 9007199254740992;
  double value = -1;
  if (json_.Peek() == Kind::kNumber && !json_.ReadNumber(value)) return 0;
  if (value >= 0 && value <= kMost && std::floor(value) == value) {
    return static_cast<std::uint64_t>(value);
  }
  Refuse(fmt::format("{}: expected a whole number from 0 up", member));
  return 0;
}

bool InferBodyReader::ReadFlag(std::string_view member) {
  const Kind kind = json_.Peek();
  if (kind != Kind::kTrue && kind != Kind::kFalse) {
    Refuse(fmt::format("{}: expected true or false", member));
    return false;
  }
  bool value = false;
  json_.ReadBool(value);
  return value;
}

bool InferBodyReader::Enter(Kind kind, std::string_view member) {
  if (json_.Peek() != kind) {
    if (json_.Peek() == Kind::kInvalid) {
      json_.SkipValue();  // fails with its place
    } else {
      Refuse(fmt::format("{}: expected an {}", member, kind == Kind::kArray ? "array" : "object"));
    }
    return false;
  }
  return kind == Kind::kArray ? json_.EnterArray() : json_.EnterObject();
}

void InferBodyReader::Finish() {
  if (late_.has_value() && late_->failed()) return Refuse("data is not valid JSON");
  if (const auto done = json_.Finish(); !done.ok()) return Refuse(done.error().message());
  if (!has_inputs_) return Refuse("field 'inputs' is missing");
  if (binary_used_ != binary_.size()) {
    return Refuse(fmt::format("{} bytes follow the JSON, the inputs' binary_data_size sum to {}",
                              binary_.size(), binary_used_));
  }
}

void InferBodyReader::Fail(base::Error error) {
  if (!error_.has_value()) error_ = std::move(error);
}

void InferBodyReader::Refuse(std::string_view what) {
  Fail(base::InvalidArgument(std::string(what)));
}

}  // namespace geoclimate::server::http::routes
