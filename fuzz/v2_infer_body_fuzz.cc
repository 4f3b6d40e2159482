// Bodies of /v2/models/{m}/infer: the first two bytes say how many of the rest are JSON, what
// follows is binary. Slices must not show, and what JSON holds as numbers must be what a tree of
// the same text holds.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "geoclimate/base/check.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/v2_infer_body.h"
#include "geoclimate/service/testing/example_models.h"

namespace {

using namespace geoclimate;
using namespace geoclimate::server::http;
using namespace geoclimate::server::http::routes;

InferBodyReader Drain(std::string_view json, std::string_view binary, std::size_t slice,
                      Arena& arena) {
  InferBodyReader reader(json, binary, arena);
  while (reader.Read(slice) == InferBodyReader::Progress::kMore) {
  }
  return reader;
}

void CheckSame(const InferBodyReader& a, const InferBodyReader& b) {
  GC_CHECK(a.error().has_value() == b.error().has_value(), "slices do not change the verdict");
  if (a.error().has_value()) return;
  GC_CHECK(a.body().inputs.size() == b.body().inputs.size(), "nor the inputs");
  for (std::size_t i = 0; i < a.body().inputs.size(); ++i) {
    const auto one = a.body().inputs[i].tensor.bytes;
    const auto other = b.body().inputs[i].tensor.bytes;
    GC_CHECK(one.size() == other.size(), "nor their sizes");
    GC_CHECK(one.empty() || std::memcmp(one.data(), other.data(), one.size()) == 0,
             "nor their elements");
  }
}

// Flattens `data` and compares it from `index` on.
void CheckElements(const formats::Json& data, const inference::TensorView& tensor,
                   std::size_t& index) {
  if (const auto* array = data.AsArray()) {
    for (const formats::Json& element : *array) CheckElements(element, tensor, index);
    return;
  }
  float value = 0;
  std::memcpy(&value, tensor.bytes.data() + index * sizeof value, sizeof value);
  ++index;
  GC_CHECK(data.is_null() ? std::isnan(value) : value == static_cast<float>(data.AsDouble()),
           "both read the same number");
}

void CheckAgainstTree(const InferBody& body, std::string_view json) {
  const auto tree = formats::ParseJson(json);
  if (!tree.ok()) return;  // stricter: the same member twice, say
  const formats::Json::Array& inputs = *tree->Find("inputs")->AsArray();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const formats::Json* const data = inputs[i].Find("data");
    const inference::TensorView& tensor = body.inputs[i].tensor;
    if (data == nullptr || tensor.type != inference::TensorType::kFp32) continue;
    std::size_t index = 0;
    CheckElements(*data, tensor, index);
    GC_CHECK(index * sizeof(float) == tensor.bytes.size(), "no element is left out");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t split = std::min<std::size_t>(data[0] * 256U + data[1], rest.size());
  const std::string_view json = rest.substr(0, split);
  const std::string_view binary = rest.substr(split);
  Arena arena;
  const InferBodyReader whole = Drain(json, binary, 100'000, arena);
  CheckSame(whole, Drain(json, binary, 1, arena));
  if (whole.error().has_value()) return 0;
  CheckAgainstTree(whole.body(), json);
  static const service::ServedModel model = service::ServeExampleTrees("a");
  auto run = service::TensorInference::Prepare(model, whole.body().inputs, whole.body().outputs,
                                               1000, arena);
  while (run.ok() && !run->done()) GC_CHECK(run->Score(7).ok(), "trees have an answer to any row");
  return 0;
}
