// Files of models, as people import and serve them: whatever a reader accepts must be valid and
// must score rows.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/formats/digest.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/model/manifest.h"
#include "geoclimate/model/model_file.h"

namespace {

using namespace geoclimate;

void Score(const inference::LoadedModel& model) {
  constexpr std::size_t kRows = 3;
  const std::size_t features = model.schema().size();
  if (features > 10'000) return;  // time, not correctness
  std::vector<float> rows(kRows * features, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t i = 0; i < features; ++i) {
    rows[i] = static_cast<float>(i % 7) - 3;
    rows[features + i] = i % 2 == 0 ? std::numeric_limits<float>::infinity() : -1e30F;
  }
  std::vector<float> out(kRows * model.outputs());
  const bool scored = model.Predict(rows, kRows, out).ok();
  GC_CHECK(scored || model.description().model_type == "onnx", "the tree engine never fails");
}

void Load(std::string_view bytes) {
  const base::Result<std::shared_ptr<const inference::LoadedModel>> model =
      inference::LoadedModel::Parse({}, bytes);
  if (model.ok() && (*model)->takes_rows()) Score(**model);
}

// Behind its checksum a forecaster's body would never be reached.
void LoadWithFittingChecksum(std::string_view bytes) {
  constexpr std::size_t kChecksumBytes = 8;
  constexpr std::size_t kSizeAt = 12;
  if (bytes.size() < kSizeAt + 2 * kChecksumBytes) return;
  std::string mended(bytes.substr(0, bytes.size() - kChecksumBytes));
  const std::uint64_t body = mended.size() - kSizeAt - sizeof(std::uint64_t);
  mended.replace(kSizeAt, sizeof body, reinterpret_cast<const char*>(&body), sizeof body);
  const std::uint64_t checksum = formats::Xxh3(mended);
  mended.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  Load(mended);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Load(bytes);
  if (bytes.starts_with("GCFCAST")) LoadWithFittingChecksum(bytes);
  const base::Result<model::ModelDescription> manifest = model::ParseDescription(bytes);
  if (manifest.ok()) {
    const std::string written = model::EncodeDescription(*manifest);
    const base::Result<model::ModelDescription> again = model::ParseDescription(written);
    GC_CHECK(again.ok() && model::EncodeDescription(*again) == written,
             "a description reads back as it was written");
  }
  return 0;
}
