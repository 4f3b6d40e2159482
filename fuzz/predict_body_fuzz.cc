// Bodies of predictions, single and batch. The first byte chooses: 'b' a JSON batch, 'c' a CSV
// batch, anything else one row, whose values must be those that a tree of the same JSON holds.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/batch_body.h"
#include "geoclimate/server/http/routes/predict_body.h"
#include "geoclimate/service/testing/example_models.h"

namespace {

using namespace geoclimate;
using namespace geoclimate::server::http;
using namespace geoclimate::server::http::routes;

const service::ServedModels& Models() {
  static const service::ServedModels models(
      {service::ServeExampleTrees("a"), service::ServeExampleTrees("b", 1, model::Stage::kStaging)},
      {});
  return models;
}

void CheckRow(const PredictBody& read, std::string_view body) {
  GC_CHECK(read.row.size() == read.model->schema().size(), "a row has a slot for each feature");
  const auto tree = formats::ParseJson(body);
  if (!tree.ok()) return;  // stricter: the same member twice, say
  const formats::Json* data = tree->Find("data");
  GC_CHECK(data != nullptr, "a body without data has no row");
  for (std::size_t i = 0; i < read.row.size(); ++i) {
    const formats::Json* value = data->Find(read.model->schema().features()[i].name);
    if (value == nullptr || value->is_null()) {
      GC_CHECK(std::isnan(read.row[i]), "what is not given is missing");
    } else {
      GC_CHECK(read.row[i] == static_cast<float>(value->AsDouble()), "both read the same number");
    }
  }
}

void ReadOne(std::string_view body) {
  Arena arena;
  const PredictBody read = ReadPredictBody(body, Models(), UnknownFeatures::kRefuse, arena);
  if (!read.error && read.findings.errors.empty()) CheckRow(read, body);
  ReadPredictBody(body, Models(), UnknownFeatures::kWarn, arena);
}

BatchRows Drain(BatchReader& reader, std::size_t slice) {
  while (reader.Read(slice) == BatchReader::Progress::kMore) {
  }
  return std::move(reader.rows());
}

// The slices must not show in the result.
void CheckSame(const BatchRows& a, const BatchRows& b) {
  GC_CHECK(a.refused() == b.refused(), "slices do not change the verdict");
  if (a.refused()) return;
  GC_CHECK(a.count == b.count && a.values.size() == b.values.size(), "nor the rows");
  GC_CHECK(a.values.empty() ||
               std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(float)) == 0,
           "nor their values");
}

void ReadJsonBatch(std::string_view body) {
  Arena arena;
  const BatchReaderOptions options{.max_rows = 100};
  CheckSame(Drain(*MakeJsonBatchReader(body, Models(), options, arena), 1),
            Drain(*MakeJsonBatchReader(body, Models(), options, arena), 1000));
}

void ReadCsvBatch(std::string_view body) {
  const BatchReaderOptions options{.max_rows = 100, .unknown = UnknownFeatures::kWarn};
  CheckSame(Drain(*MakeCsvBatchReader(body, Models(), {}, options), 1),
            Drain(*MakeCsvBatchReader(body, Models(), {}, options), 1000));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.starts_with('b')) {
    ReadJsonBatch(bytes.substr(1));
  } else if (bytes.starts_with('c')) {
    ReadCsvBatch(bytes.substr(1));
  } else {
    ReadOne(bytes);
  }
  return 0;
}
