#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "geoclimate/server/http/response.h"
#include "geoclimate/server/http/routes/v2_infer_body.h"
#include "geoclimate/service/tensor_inference.h"

namespace geoclimate::server::http::routes {

// What an inference answer names beside its outputs.
struct InferAnswerHead {
  std::string_view model_name;
  int model_version = 0;
  std::string_view id;  // left out when empty
};

// Renders the answer to an inference request, a slice at a time: the JSON, then the outputs that go
// out as binary, then the headers that say so. Asks the heap for nothing but a larger body.
//
// What it is given outlives it. Not thread-safe; movable between slices.
class InferAnswerWriter {
 public:
  InferAnswerWriter(const InferAnswerHead& head, std::span<const service::OutputTensor> outputs)
      : head_(head), outputs_(outputs) {}

  enum class Progress : std::uint8_t { kMore, kDone };
  // Writes `most` elements of JSON at the most. `wish` says in which form outputs are wanted, the
  // same each time.
  Progress Write(Response& response, const InferBody& wish, std::size_t most);

 private:
  void Begin(std::string& out) const;
  void BeginOutput(TensorForm form, std::string& out) const;
  void End(Response& response, const InferBody& wish) const;

  InferAnswerHead head_;
  std::span<const service::OutputTensor> outputs_;
  bool begun_ = false;
  bool in_output_ = false;
  std::size_t output_ = 0;
  std::size_t element_ = 0;
};

}  // namespace geoclimate::server::http::routes
