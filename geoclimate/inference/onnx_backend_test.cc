#include "geoclimate/inference/onnx_backend.h"

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/inference/testing/onnx_golden.h"
#include "geoclimate/inference/tree_backend.h"

namespace geoclimate::inference {
namespace {

using ::testing::HasSubstr;

struct Loaded {
  std::unique_ptr<OnnxModel> model;
  base::Result<std::unique_ptr<OnnxBackend>> backend = base::NotFound("not built");
};

Loaded Load(const std::string& name) {
  const auto graph = model::ReadOnnx(ReadOnnxFile(GEOCLIMATE_SOURCE_DIR, name));
  EXPECT_TRUE(graph.ok()) << graph.error().ToString();
  auto model = OnnxModel::Build(*graph);
  EXPECT_TRUE(model.ok()) << model.error().ToString();
  Loaded loaded{.model = *std::move(model)};
  loaded.backend = OnnxBackend::Build(*loaded.model);
  return loaded;
}

std::vector<float> FloatsIn(const Tensor& tensor) {
  std::vector<float> floats(tensor.bytes.size() / sizeof(float));
  std::memcpy(floats.data(), tensor.bytes.data(), tensor.bytes.size());
  return floats;
}

TEST(OnnxBackend, RowsGiveTheSameBitsAloneAndInAnyBatch) {
  const Loaded loaded = Load("mlp");
  ASSERT_TRUE(loaded.backend.ok()) << loaded.backend.error().ToString();
  const OnnxBackend& backend = **loaded.backend;
  EXPECT_TRUE(backend.is_exact());
  ASSERT_EQ(backend.features(), 4U);
  ASSERT_EQ(backend.outputs(), 2U);
  constexpr std::size_t kCount = 67;
  std::vector<float> rows(kCount * 4);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = std::sin(static_cast<float>(i));
  rows[5] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> all(kCount * 2);
  ASSERT_TRUE(backend.Predict(rows, kCount, all).ok());
  EXPECT_TRUE(std::isnan(all[2]));
  for (std::size_t size = 1; size < kCount; size += 6) {
    std::vector<float> some(size * 2);
    const std::size_t first = kCount - size;
    ASSERT_TRUE(backend.Predict(std::span(rows).subspan(first * 4), size, some).ok());
    EXPECT_EQ(0, std::memcmp(some.data(), &all[first * 2], some.size() * sizeof(float))) << size;
  }
  ASSERT_TRUE(backend.Predict({}, 0, {}).ok());
}

TEST(OnnxBackend, AClassifierAnswersItsProbabilities) {
  const Loaded loaded = Load("sklearn_classifier");
  ASSERT_TRUE(loaded.backend.ok()) << loaded.backend.error().ToString();
  ASSERT_EQ((*loaded.backend)->outputs(), 3U);
  const OnnxGoldenRun run = ReadOnnxRuns(GEOCLIMATE_SOURCE_DIR, "sklearn_classifier")[0];
  const std::vector<float> rows = FloatsIn(run.inputs[0]);
  std::vector<float> answers(6 * 3);
  ASSERT_TRUE((*loaded.backend)->Predict(rows, 6, answers).ok());
  const std::vector<float> expected = FloatsIn(run.outputs[1]);
  for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_NEAR(answers[i], expected[i], 1e-6);
}

TEST(OnnxBackend, GraphsThatScoreNoRowsSayWhy) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"mixed", "not one FP32 matrix"},
      {"fixed", "not one FP32 matrix"},
      {"gather", "not one FP32 matrix"},
      {"rows_depend", "depends on the others beside it"}};
  for (const auto& [name, reason] : cases) {
    const Loaded loaded = Load(name);
    ASSERT_FALSE(loaded.backend.ok()) << name;
    EXPECT_EQ(loaded.backend.error().code(), base::ErrorCode::kUnimplemented);
    EXPECT_THAT(loaded.backend.error().message(), HasSubstr(reason)) << name;
  }
}

// The project's own engine against ONNX Runtime's: the same trees from the library's file and from
// what its exporter made of it. Both add the leaves of a row in float; in another order, so that
// the last bits may differ.
void ExpectTreesAgree(const std::string& name, const std::string& file) {
  const Loaded loaded = Load(name);
  ASSERT_TRUE(loaded.backend.ok()) << loaded.backend.error().ToString();
  const std::filesystem::path folder =
      std::filesystem::path(GEOCLIMATE_SOURCE_DIR) / "tests/golden/models";
  const auto ensemble = ReadGoldenModel(folder / file);
  ASSERT_TRUE(ensemble.ok());
  const auto engine = TreeBackend::Build(*ensemble, Scores::kLinked);
  ASSERT_TRUE(engine.ok());
  const std::vector<float> rows = FloatsIn(ReadOnnxRuns(GEOCLIMATE_SOURCE_DIR, name)[0].inputs[0]);
  const std::size_t count = rows.size() / 4;
  std::vector<float> own(count);
  std::vector<float> other(count);
  ASSERT_TRUE((*engine)->Predict(rows, count, own).ok());
  ASSERT_TRUE((*loaded.backend)->Predict(rows, count, other).ok());
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double distance = DistanceOf(double{own[i]}, double{other[i]});
    largest = std::max(largest, distance);
    EXPECT_LE(distance, 1e-6) << "row " << i << ": " << own[i] << " against " << other[i];
  }
  testing::Test::RecordProperty("largest_distance", std::to_string(largest));
}

TEST(OnnxBackend, TreesOfXgboostAgreeWithTheTreeEngine) {
  ExpectTreesAgree("xgb_squarederror", "xgb_squarederror.json");
}

TEST(OnnxBackend, TreesOfLightgbmAgreeWithTheTreeEngine) {
  ExpectTreesAgree("lgb_regression", "lgb_regression.txt");
}

}  // namespace
}  // namespace geoclimate::inference
