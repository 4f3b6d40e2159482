#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/base/error.h"
#include "geoclimate/formats/json_cursor.h"
#include "geoclimate/server/http/arena.h"
#include "geoclimate/server/http/routes/tensor_values.h"
#include "geoclimate/service/tensor_inference.h"

namespace geoclimate::server::http::routes {

// How an output goes out.
enum class TensorForm : std::uint8_t { kJson, kBinary };

// An inference request of the Open Inference Protocol over HTTP. Views lie in the body or in the
// arena.
struct InferBody {
  explicit InferBody(Arena& arena) : inputs(&arena), outputs(&arena), forms(&arena) {}

  std::string_view id;
  std::uint64_t timeout_us = 0;  // 0: none
  std::uint64_t priority = 0;    // 1 is the highest; 0: the default
  std::pmr::vector<service::InputTensor> inputs;
  std::pmr::vector<std::string_view> outputs;  // empty: all of the model's
  // Of `outputs`, where it is said.
  std::pmr::vector<std::optional<TensorForm>> forms;
  TensorForm form = TensorForm::kJson;  // of the others
};

// Reads one, a slice at a time: the JSON part in one pass into typed elements, the binary part, in
// which inputs lie one after the other in the order of the JSON, not at all.
//
// Allocates on the heap only for errors and for strings with escapes. Not thread-safe; movable
// between slices.
class InferBodyReader {
 public:
  // `json` and `binary` are the two parts of the body, which like the arena outlives the reading
  // and the result.
  InferBodyReader(std::string_view json, std::string_view binary, Arena& arena);

  enum class Progress : std::uint8_t { kMore, kDone };
  // Takes about `most` elements.
  Progress Read(std::size_t most);

  // When done: what is wrong with the body, always kInvalidArgument or kUnimplemented; else the
  // body.
  const std::optional<base::Error>& error() const { return error_; }
  const InferBody& body() const { return body_; }

 private:
  enum class State : std::uint8_t { kStart, kTop, kInputs, kInput, kValues, kLateValues, kEnd };
  struct Input {
    std::string_view name;
    std::optional<inference::TensorType> type;
    std::optional<std::span<const std::int64_t>> shape;
    std::optional<std::size_t> binary_bytes;
    std::string_view late_data;  // came before the datatype or the shape
    bool has_data = false;
    std::span<std::byte> elements;
  };

  void Step(std::size_t most);
  void ReadTop();
  void ReadInputMember();
  void EndInput();
  void BeginValues();
  void ContinueValues(formats::JsonCursor& json, std::size_t most, State next);
  void KeepInput(std::span<const std::byte> bytes);
  void ReadShape();
  void ReadDatatype();
  void ReadInputParameters();
  void ReadRequestParameters();
  void ReadOutputs();
  void ReadOutput();
  std::optional<TensorForm> ReadOutputParameters();
  std::string_view ReadText(std::string_view member);
  std::uint64_t ReadCount(std::string_view member);
  bool ReadFlag(std::string_view member);
  bool Enter(formats::JsonCursor::Kind kind, std::string_view member);
  void Finish();
  void Fail(base::Error error);
  void Refuse(std::string_view what);
  bool failed() const { return error_.has_value() || json_.failed(); }

  Arena* arena_;
  std::string_view text_;
  std::string_view binary_;
  std::size_t binary_used_ = 0;
  formats::JsonCursor json_;
  State state_ = State::kStart;
  bool has_inputs_ = false;
  Input input_;
  std::optional<TensorValues> values_;
  std::optional<formats::JsonCursor> late_;
  InferBody body_;
  std::optional<base::Error> error_;
};

}  // namespace geoclimate::server::http::routes
